"""The rules about the admin, ranks and what a change by staff ends, and how each is broken."""

from tests.mutations.mutation import Mutation

LOOKUPS = "tests/admin/test_lookups.py"

STAFF = [
    Mutation(
        "The admin filters by what it offers only",
        "chat/admin/base.py",
        "return lookup in self._offered_lookups(cast(HttpRequest, request))",
        "return super().lookup_allowed(lookup, value, request)",
        (LOOKUPS,),
    ),
    Mutation(
        "The admin refers to rows by their primary key only",
        "chat/admin/base.py",
        "return to_field == self.opts.pk.attname",
        "return super().to_field_allowed(request, to_field)",
        (LOOKUPS,),
    ),
]
