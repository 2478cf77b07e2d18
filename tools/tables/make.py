"""Writes the Parquet files of test/fixtures/tables, and what they contain, as tables.json.

python3 -m venv venv && venv/bin/pip install pyarrow==26.0.1 datasets==5.2.0 polars==2.1.0 duckdb==2.0.1 pillow
venv/bin/python tools/tables/make.py
"""

import io
import json
import os
import sys

import datasets
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

OUT = os.path.join(os.path.dirname(__file__), "../../test/fixtures/tables")
ROWS = 300


def rows():
    return [
        {
            "name": f"pets/{i:03}.jpg",
            "kind": None if i % 50 == 7 else ["cat", "dog", "Zürich"][i % 3],
            "weight": None if i % 41 == 3 else i / 8,
            "count": i * i,
            "large": 2**60 + i,
            "ok": i % 4 == 0,
            "tags": [["red", "small"], [], None, ["red"]][i % 4],
        }
        for i in range(ROWS)
    ]


SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("kind", pa.string()),
        ("weight", pa.float64()),
        ("count", pa.int32()),
        ("large", pa.int64()),
        ("ok", pa.bool_()),
        ("tags", pa.list_(pa.string())),
    ]
)


def image(i):
    """Colors that no two files share; small, so that the files are."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (i * 20 % 256, (250 - i * 7) % 256, i)).save(out, "PNG")
    return out.getvalue()


def path(name):
    return os.path.join(OUT, name)


def by_pyarrow():
    table = pa.Table.from_pylist(rows(), schema=SCHEMA)
    plain = {"use_dictionary": False}
    for name, options in {
        "snappy": {},
        "gzip": {"compression": "gzip"},
        "brotli": {"compression": "brotli"},
        "lz4": {"compression": "lz4"},
        "zstd": {"compression": "zstd"},
        "none": {"compression": "none"},
        "pages-2": {"data_page_version": "2.0", "row_group_size": 70, "data_page_size": 200},
        "plain": {**plain, "data_page_size": 200, "max_rows_per_page": 33},
        "delta": {
            **plain,
            "column_encoding": {
                "name": "DELTA_LENGTH_BYTE_ARRAY",
                "count": "DELTA_BINARY_PACKED",
                "large": "DELTA_BINARY_PACKED",
                "weight": "BYTE_STREAM_SPLIT",
            },
        },
    }.items():
        pq.write_table(table, path(f"pyarrow-{name}.parquet"), **options)


def by_polars():
    frame = polars.DataFrame(pa.Table.from_pylist(rows(), schema=SCHEMA))
    frame.write_parquet(path("polars.parquet"))


def by_duckdb():
    rows_table = pa.Table.from_pylist(rows(), schema=SCHEMA)  # noqa: F841 (DuckDB finds it by its name)
    duckdb.sql(f"copy (select * from rows_table) to '{path('duckdb.parquet')}' (format parquet)")


def by_pyarrow_urls():
    """As in LAION and its relatives: no images, but where they are."""
    items = [
        {
            "SAMPLE_ID": 2**40 + i,
            "URL": f"https://example.com/photos/{i}.png?w=640",
            "TEXT": f"photo {i} of something",
            "label": "red" if i % 3 == 0 else "blue",
        }
        for i in range(12)
    ]
    os.makedirs(path("urls"), exist_ok=True)
    pq.write_table(pa.Table.from_pylist(items), path("urls/photos.parquet"))


def by_datasets():
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"]), "note": datasets.Value("string")}
    )

    def shard(name, numbers):
        items = [
            {"image": {"bytes": image(i), "path": f"pet {i}.png"}, "label": i % 2, "note": f"number {i}"}
            for i in numbers
        ]
        datasets.Dataset.from_list(items, features=features).to_parquet(path(f"hub/{name}.parquet"))

    os.makedirs(path("hub"), exist_ok=True)
    shard("train-00000-of-00002", range(0, 6))
    shard("train-00001-of-00002", range(6, 10))
    shard("validation-00000-of-00001", range(10, 14))


def by_datasets_several():
    several = datasets.Sequence(datasets.ClassLabel(names=["even", "third"]))
    features = datasets.Features(
        {"image": datasets.Image(), "objects": {"box": datasets.Sequence(datasets.Value("int32"))}, "tags": several}
    )
    items = [
        {
            "image": {"bytes": image(i), "path": f"pet {i}.png"},
            "objects": {"box": [i, i, 8, 8]},
            "tags": [tag for tag, step in ((0, 2), (1, 3)) if i % step == 0],
        }
        for i in range(24)
    ]
    os.makedirs(path("several"), exist_ok=True)
    datasets.Dataset.from_list(items, features=features).to_parquet(path("several/train.parquet"))


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    datasets.disable_progress_bars()
    by_pyarrow()
    by_pyarrow_urls()
    by_polars()
    by_duckdb()
    by_datasets()
    by_datasets_several()
    versions = {m.__name__: m.__version__ for m in (pa, datasets, polars, duckdb)}
    with open(path("tables.json"), "w") as file:
        json.dump({"versions": versions, "rows": rows()}, file, ensure_ascii=False)
        file.write("\n")
    print(versions, file=sys.stderr)
