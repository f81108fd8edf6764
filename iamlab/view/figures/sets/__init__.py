"""What Allows and Denies cover, and what identity, boundary and the other ceilings leave."""
