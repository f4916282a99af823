"""Run the terminal client with `python -m chat.terminal`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # An interrupt during the imports must not print a traceback.

from chat.terminal.main import main

sys.exit(main())
