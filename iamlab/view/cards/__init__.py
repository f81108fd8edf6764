"""How bare values show themselves in a notebook: small HTML cards, all text in them escaped.

Each module registers its cards with :func:`~iamlab.view.cards.card.inner`.
"""

from iamlab.view.cards import access_cards, account_cards, policy_cards
from iamlab.view.cards.card import card

__all__ = ["access_cards", "account_cards", "card", "policy_cards"]
