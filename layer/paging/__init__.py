"""Machine code that stays compressed until it is first touched."""
