"""A queue of commands, sent one at a time over an unreliable connection to a site that is sometimes busy."""

LATER = ("busy", "unavailable", "rate_limited")
PERMANENT = ("muted", "not_found")
STEPS = 50


class Queue:
    """A queue that sends one command at a time. `sent`, `done` and `refused` hold the commands by number."""

    def __init__(self):
        self.asked, self.waiting = 0, []
        self.sent, self.done, self.refused = [], [], []
        self.has_line, self.is_underway, self.is_patient = True, False, False

    def send(self):
        if self.waiting and self.has_line and not self.is_underway and not self.is_patient:
            self.sent.append(self.waiting[0])
            self.is_underway = True

    def ask(self):
        self.asked += 1
        self.waiting.append(self.asked)

    def answer(self, code):
        self.is_underway = False
        if code in LATER:
            self.is_patient = True
        else:
            (self.done if code == "ok" else self.refused).append(self.waiting.pop(0))

    def have_patience(self):
        self.is_patient = False

    def lose_the_line(self):
        self.has_line = False

    def have_a_line(self):
        self.has_line, self.is_underway, self.is_patient = True, False, False


def queue(dice):
    it, steps = Queue(), []
    while len(steps) < STEPS:
        choice, step = dice.number(1, 10), None
        if choice <= 3:
            it.ask()
            step = {"do": "ask"}
        elif choice <= 6 and it.is_underway and it.has_line:
            code = dice.one_of(("ok", "ok", "ok", *LATER, *PERMANENT))
            step = {"do": "answer", "code": code, "number": it.waiting[0]}
            it.answer(code)
        elif choice == 7 and it.is_patient and it.has_line:
            it.have_patience()
            step = {"do": "wait"}
        elif choice == 8 and it.has_line:
            it.lose_the_line()
            step = {"do": "break"}
        elif choice == 9 and not it.has_line:
            it.have_a_line()
            step = {"do": "hello"}
        elif choice == 10 and it.has_line:
            step = {"do": "answer", "code": "ok", "number": 0}
        if step:
            it.send()
            steps.append({**step, "sent": list(it.sent), "done": list(it.done), "refused": list(it.refused)})
    return {"steps": steps}
