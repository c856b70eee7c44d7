"""What all values of the REST interface have in common."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Id = Annotated[str, Field(max_length=80)]


class View(BaseModel):
    """A value as it is sent. The client reads it as far as its own version knows it."""

    model_config = ConfigDict(frozen=True, defer_build=True)  # a program that starts uses few of them

    @classmethod
    def of(cls, value: object, /, **further: object) -> Self:
        """Of what has attributes of the same names, and of what else is given."""
        known = {
            name: getattr(value, name)
            for name in cls.model_fields
            if name not in further and hasattr(value, name)
        }
        return cls.model_validate({**known, **further}, from_attributes=True)


def example(**fields: JsonValue) -> ConfigDict:
    """The configuration of a model whose schema shows this example of it."""
    return ConfigDict(json_schema_extra={"example": fields})
