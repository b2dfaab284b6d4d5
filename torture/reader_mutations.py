"""Every damage that a file may take that is no clip, by the grammar of the file."""

from torture import damage_arrays, damage_database, damage_json, damage_text, damage_yaml
from torture.damage_bytes import BYTES, Damage
from torture.damage_text import TEXT

#: Grammar -> name of a damage -> the damage.
DAMAGES: dict[str, dict[str, Damage]] = {
    "json": {
        **BYTES,
        **TEXT,
        "JSON value": damage_json.in_value,
        "JSON value again": damage_json.in_value,
    },
    "yaml": {
        **BYTES,
        **TEXT,
        "YAML value": damage_yaml.in_value,
        "YAML value again": damage_yaml.in_value,
        "line": damage_text.in_line,
    },
    "csv": {**BYTES, **TEXT, "line": damage_text.in_line},
    "lines": {**BYTES, **TEXT, "line": damage_text.in_line, "JSON line": damage_json.in_line},
    "npz": {
        **BYTES,
        "array": damage_arrays.in_array,
        "array again": damage_arrays.in_array,
        "header": damage_arrays.in_header,
    },
    "sqlite": {**BYTES, "row or form": damage_database.in_rows_or_form},
}
