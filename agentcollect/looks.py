"""How the admin looks (django-unfold)."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "AgentCollect operations",
    "SITE_HEADER": "AgentCollect",
    "SITE_SUBHEADER": "Operations",
    "SITE_URL": "/dashboard",
    "SITE_SYMBOL": "account_balance",
    "SHOW_HISTORY": False,
    # The dashboard's blue, light to dark.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
    "SIDEBAR": {"show_search": True, "navigation": "dashboard.admin_nav.navigation"},
}
