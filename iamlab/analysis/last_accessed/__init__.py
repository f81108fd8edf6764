"""Last accessed information: which services that policies allow were used, when, and by whom."""
