"""Values as tables: for each kind of value, what a row of its table is."""
