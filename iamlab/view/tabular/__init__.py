"""The table of each type of value.

Each module registers its tables with :func:`~iamlab.view.tables.table_of`.
"""

from iamlab.view.tables import table_of
from iamlab.view.tabular import access, accounts, policies, reports

__all__ = ["access", "accounts", "policies", "reports", "table_of"]
