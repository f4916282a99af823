"""The forms of the site. A form validates its fields; the action decides whether the change is allowed."""
