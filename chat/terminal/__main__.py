"""`python -m chat.terminal`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever interrupts it while it loads wants no traceback either

from chat.terminal.main import main

sys.exit(main())
