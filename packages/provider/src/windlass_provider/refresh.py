"""Refresh: which inputs follow from what Azure shows now.

Inputs cannot be read from Azure, which fills in defaults. So old outputs are compared with new ones; only
what differs is carried over to the inputs. What was a default and still is, stays out of them.
"""

from collections.abc import Mapping

from windlass_provider.values import Properties, Value


def refreshed_inputs(
    inputs: Mapping[str, Value], old_view: Mapping[str, Value], new_view: Mapping[str, Value]
) -> Properties:
    """The inputs with every difference between two views of the outputs (in the shape of inputs) applied."""
    result = {key: value for key, value in inputs.items() if key not in old_view or key in new_view}
    for key, new in new_view.items():
        old = old_view.get(key)
        if key not in old_view:
            result[key] = new
        elif old != new:
            result[key] = _carried(inputs[key], old, new) if key in inputs else new
    return result


def _carried(base: Value, old: Value, new: Value) -> Value:
    """One changed value: objects and lists keep what did not change in them."""
    match base, old, new:
        case dict(), dict(), dict():
            return refreshed_inputs(base, old, new)
        case list(), list(), list():
            common = min(len(base), len(old))
            return [
                _carried(base[index], old[index], item) if index < common else item for index, item in enumerate(new)
            ]
    return new
