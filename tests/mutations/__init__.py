"""Each rule that keeps messages whole, or strangers out, broken on purpose: a test has to notice.

`make mutations` runs them all.
"""
