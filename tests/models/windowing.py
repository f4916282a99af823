"""A page with a window of a long room: it scrolls up, down and elsewhere while others post, and starts over."""

PAGE, LARGE_PAGE = 50, 100
# So few that no window holds more than the page's bound, which has tests of its own.
ROOM = (40, 180)
MOST = 230
STEPS = 40
INFINITE = 10**9


class Truth:
    """The true log: seq to revision, and the pages that the site would return."""

    def __init__(self, dice, messages, epoch=1):
        self.dice, self.epoch = dice, epoch
        self.rev = messages
        self.revs = {seq: seq for seq in range(1, messages + 1)}

    @property
    def cursor(self):
        return f"e{self.epoch}.1.{self.rev}"

    def change(self):
        """Post and edit at random. Return the changes in order of revision."""
        changed = {}
        for _ in range(self.dice.number(1, 4)):
            is_new = self.dice.says(0.5) and len(self.revs) < MOST
            seq = len(self.revs) + 1 if is_new else self.dice.number(1, len(self.revs))
            self.rev += 1
            self.revs[seq] = changed[seq] = self.rev
        return sorted(changed.items(), key=lambda it: it[1])

    def page(self, query):
        limit, places = int(query["limit"]), sorted(self.revs)
        if "before" in query:
            older = [seq for seq in places if seq < query["before"]]
            found, more = older[-limit:], len(older) > limit
        elif "after" in query:
            newer = [seq for seq in places if seq > query["after"]]
            found, more = newer[:limit], len(newer) > limit
        elif "around" in query:
            older = [seq for seq in places if seq < query["around"]]
            found = older[-(limit // 2) :] + [seq for seq in places if seq >= query["around"]][: limit - limit // 2]
            more = len(older) > limit // 2
        else:
            found, more = places[-limit:], len(places) > limit
        return {
            "first": found[0] if found else 0,
            "revs": [self.revs[seq] for seq in found],
            "more": more,
            "newest": len(places),
        }


class Window:
    """The window of the page: seq to revision without a gap, whether more is above, and the end of the room."""

    def __init__(self, page, cursor):
        self.held, self.more, self.end, self.cursor = _messages(page), page["more"], page["newest"], cursor
        self.aside = None
        self.void_until = None

    @property
    def first(self):
        return min(self.held, default=INFINITE)

    @property
    def last(self):
        return max(self.held, default=0)

    @property
    def reaches_end(self):
        return self.last >= self.end

    def hear(self, changed, cursor):
        if self.aside is not None:
            self.aside += changed
        if self.void_until is None:
            self.cursor = cursor
            self._take(changed)

    def _take(self, changed):
        """Take changes in the window or directly after it. Of the rest, note only the end of the room."""
        first, last, follows = self.first, self.last, self.reaches_end
        self.end = max([self.end, *(seq for seq, _ in changed)])
        self._hold({s: r for s, r in changed if (s >= first or not self.more) and (s <= last or follows)})

    def _hold(self, messages):
        self.held |= {seq: rev for seq, rev in messages.items() if rev > self.held.get(seq, 0)}

    # ---- Pages

    def join(self, page, *, is_below):
        if not is_below:
            self.more = page["more"]
        self._hold(_messages(page))
        if is_below:
            self.end = max(page["newest"] if page["revs"] else 0, self.last)
        self._take(self.aside)

    def go(self, page):
        """Answer a jump, or the request after a reset."""
        found = _messages(page)
        meets = found and min(found) <= self.last + 1 and max(found) >= self.first - 1
        if self.void_until is not None or not meets:
            self.cursor = self.void_until or self.cursor
            self.void_until, self.held, self.more = None, {}, page["more"]
        elif min(found) < self.first:
            self.more = page["more"]
        self._hold(found)
        self.end = max(page["newest"], self.last)
        self._take(self.aside)

    def state(self):
        held = sorted(self.held)
        assert held == list(range(held[0], held[-1] + 1))
        return {"first": held[0], "revs": [self.held[seq] for seq in held], "more": self.more, "end": self.end}


def _messages(page):
    return dict(enumerate(page["revs"], page["first"]))


class Walk:
    """A random walk. `asked` is the pending request: its purpose, its query, and the page if it was read already."""

    def __init__(self, dice):
        self.dice = dice
        self.truth = Truth(dice, dice.number(*ROOM))
        start = self.truth.page({"limit": PAGE})
        self.window = Window(start, self.truth.cursor)
        self.asked = None
        self.steps = [{"do": "begin", "page": start, "cursor": self.truth.cursor}]

    def step(self):
        choice = self.dice.number(1, 20)
        if choice <= 8:
            self._change()
        elif choice == 9:
            self._start_over()
        elif self.asked and choice <= 15:
            self._answer()
        else:
            self._move()

    def _change(self, *, whole=False):
        changed = self.truth.change()
        self.window.hear(changed, self.truth.cursor)
        self._note({"do": "changes", "messages": changed, "cursor": self.truth.cursor}, whole=whole)

    def finish(self):
        """Answer the pending page and make one more change, which brings the cursor. A client at the site's cursor
        holds what the site holds, within its window."""
        if self.asked:
            self._answer()
        self._change(whole=True)
        assert self.window.cursor == self.truth.cursor
        assert self.window.held == {seq: self.truth.revs[seq] for seq in self.window.held}
        assert self.window.end == len(self.truth.revs)

    def _note(self, step, *, whole=False):
        self.steps.append(
            {**step, "cursor_held": self.window.cursor, **({"holds": self.window.state()} if whole else {})}
        )

    def _start_over(self):
        """Start over: the cursor is unknown to the site, whose log is now another one."""
        self.truth = Truth(self.dice, self.dice.number(*ROOM), self.truth.epoch + 1)
        self.window.void_until = self.truth.cursor
        self._ask("reset", {"limit": PAGE}, {"do": "reset", "cursor": self.truth.cursor})

    def _ask(self, what, query, step):
        self.window.aside = []
        page = self.truth.page(query) if self.dice.says(0.5) else None
        self.asked = (what, query, page)
        self._note({**step, "asks": query})

    def _answer(self):
        what, query, page = self.asked
        page, self.asked = page or self.truth.page(query), None
        if what in ("older", "newer"):
            self.window.join(page, is_below=what == "newer")
        else:
            self.window.go(page)
        self.window.aside = None
        self._note({"do": "page", "page": page}, whole=True)

    def _move(self):
        window, truth = self.window, self.truth
        is_void = window.void_until is not None
        what = self.dice.one_of(["older", "newer", "reach", "end", "beginning"])
        if what == "older" and window.more and not self.asked:
            self._ask(what, {"before": window.first, "limit": PAGE}, {"do": what})
        elif what == "newer" and not window.reaches_end and not self.asked:
            self._ask(what, {"after": window.last, "limit": PAGE}, {"do": what})
        elif what == "reach":
            seq = self.dice.number(1, len(truth.revs))
            if is_void or seq not in window.held:
                self._ask(what, {"around": seq, "limit": LARGE_PAGE}, {"do": what, "seq": seq})
        elif what == "end" and (is_void or not window.reaches_end):
            self._ask(what, {"limit": PAGE}, {"do": what})
        elif what == "beginning" and (is_void or window.more):
            self._ask(what, {"around": 0, "limit": LARGE_PAGE}, {"do": what})


def walk(dice):
    it = Walk(dice)
    while len(it.steps) < STEPS:
        it.step()
    it.finish()
    return {"steps": it.steps}
