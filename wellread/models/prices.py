"""What calls cost, by the list of genai-prices."""

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from wellread.events import Usage


def price_of(priced_as: tuple[str, str] | None, usage: Usage) -> float | None:
    """US dollars of a usage; `priced_as` are the provider's and the model's name in the list, None for a model that
    costs nothing. None when no price is known."""
    if priced_as is None:
        return 0.0
    provider, model = priced_as
    counted = PricedUsage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_tokens or None,
        output_tokens=usage.output_tokens,
    )
    try:
        return float(calc_price(counted, model, provider_id=provider).total_price)
    except (LookupError, ValueError):  # no such model in the list, or none with such a usage
        return None
