"""The rules of searches by date and by what a message has, and how each is broken."""

from tests.mutations.mutation import Mutation

PERIODS, INDEX, FINDING = "chat/search/periods.py", "chat/search/index.py", "chat/search/finding.py"
OF_FINDING = ("tests/search/test_finding.py",)
OLD = ("tests/search/test_previous_release.py",)

DATES = [
    Mutation(
        "A period ends before the next one begins", INDEX, '"created_at < %s")', '"created_at <= %s")', OF_FINDING
    ),
    Mutation("A period begins with its first moment", INDEX, '"created_at >= %s")', '"created_at > %s")', OF_FINDING),
    Mutation(
        "An excluded period is left out",
        INDEX,
        "    for period in span.excluded:\n",
        "    for period in ():\n",
        OF_FINDING,
    ),
    Mutation(
        "Of several dates, all hold",
        PERIODS,
        "cls(max(since, default=None)",
        "cls(min(since, default=None)",
        OF_FINDING,
    ),
    Mutation(
        "A date after a month is after its end",
        PERIODS,
        'if operator == "after":\n                since.append(end)',
        'if operator == "after":\n                since.append(start)',
        OF_FINDING,
    ),
    Mutation(
        "A date before a month is before its start",
        PERIODS,
        'if operator == "before":\n                until.append(start)',
        'if operator == "before":\n                until.append(end)',
        OF_FINDING,
    ),
    Mutation(
        "Dates are those of the person's time zone",
        PERIODS,
        "datetime.combine(day, time.min, zone)",
        "datetime.combine(day, time.min, UTC)",
        OF_FINDING,
    ),
    Mutation(
        "The months of a period include its last one",
        PERIODS,
        "max(_number(since), _number(last)) + 1)",
        "max(_number(since), _number(last)))",
        OF_FINDING,
    ),
    Mutation(
        "A file is any of its kinds", FINDING, '"file": (Has.IMAGE, Has.FILE),', '"file": (Has.FILE,),', OF_FINDING
    ),
    Mutation(
        "Old messages are found by their links and code",
        "chat/actions/search_index.py",
        "(bits := text_bits(html))",
        "(bits := (has or 0) & TEXT_BITS)",
        OLD,
    ),
    Mutation(
        "Indexing again keeps the bits of files and previews",
        "chat/actions/search_index.py",
        "(coalesce(has, 0) & ~{TEXT_BITS})",
        "(coalesce(has, 0) & 0)",
        OLD,
    ),
]
