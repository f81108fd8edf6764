"""Who can make himself whom, by which calls, before and after a cut."""
