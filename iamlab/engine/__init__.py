"""The decision: it takes a request and the policies that apply, and returns a decision."""
