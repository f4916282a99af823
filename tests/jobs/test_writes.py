"""The writes of a task run in the writer of its thread."""

import threading

from chat.actions.jobs.writes import use_writer, write


def test_a_thread_without_a_writer_writes_itself():
    assert write(threading.current_thread) is threading.current_thread()


def test_a_thread_with_a_writer_gets_its_answer():
    answers = []

    def work():
        use_writer(lambda function, *arguments: ("by the writer", function(*arguments)))
        answers.append(write(max, 1, 2))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [("by the writer", 2)]
