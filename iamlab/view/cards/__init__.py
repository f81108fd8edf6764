"""Small HTML cards for values in a notebook; all text is escaped.

Each module registers its cards with :func:`~iamlab.view.cards.card.inner`.
"""

from iamlab.view.cards import access_cards, account_cards
from iamlab.view.cards.card import card

__all__ = ["access_cards", "account_cards", "card"]
