"""A package, so that its fixtures last as long as the browser tests and no longer."""
