"""The command line: a module for each purpose, thin over the other folders."""
