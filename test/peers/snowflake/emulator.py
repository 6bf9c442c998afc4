"""fakesnow behind Snowflake's HTTP interface, answering in JSON rowsets as the Node driver reads them.

fakesnow answers in Arrow, which the Node driver does not read, and without the member `code`, which it wants.
run: python emulator.py PORT
"""

import base64
import datetime
import decimal
import io
import json
import sys
import warnings

warnings.filterwarnings("ignore")

import fakesnow.info_schema as info_schema  # noqa: E402
import fakesnow.server as fakesnow_server  # noqa: E402
import pyarrow.ipc  # noqa: E402
import uvicorn  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

QUERY_PATH = "/queries/v1/query-request"
EPOCH_DATE = datetime.date(1970, 1, 1)
EPOCH = datetime.datetime(1970, 1, 1)


def seconds(nanoseconds: int) -> str:
    whole, fraction = divmod(nanoseconds, 10**9)
    return f"{whole}.{fraction:09d}"


def from_struct(value: dict) -> str | None:
    """Snowflake's Arrow form of a timestamp: seconds, nanoseconds and perhaps a zone."""
    if value["epoch"] is None:
        return None
    zone = "" if value.get("timezone") is None else f" {value['timezone']}"
    return seconds(int(value["epoch"]) * 10**9 + int(value.get("fraction") or 0)) + zone


def from_time(value: object, kind: str, scale: int | None) -> str:
    if isinstance(value, datetime.datetime):
        naive = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return seconds(((naive - EPOCH) // datetime.timedelta(microseconds=1)) * 1000)
    if isinstance(value, datetime.time):
        whole = (value.hour * 60 + value.minute) * 60 + value.second
        return seconds(whole * 10**9 + value.microsecond * 1000)
    return seconds(int(value) * 10 ** (9 - (9 if scale is None else scale)))


def cell(value: object, kind: str, scale: int | None) -> str | None:
    """One cell as the JSON rowset writes it: everything is a text."""
    if value is None:
        return None
    if isinstance(value, dict) and "epoch" in value:
        return from_struct(value)
    if kind == "boolean" or isinstance(value, bool):
        return "1" if value else "0"
    if kind == "date":
        return str((value - EPOCH_DATE).days if isinstance(value, datetime.date) else value)
    if isinstance(value, (datetime.datetime, datetime.time)) or kind.startswith("time"):
        return from_time(value, kind, scale)
    if kind == "fixed" and scale and isinstance(value, int):
        return str(decimal.Decimal(value).scaleb(-scale))
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex().upper()
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str)
    return str(value)


def rows_of(encoded: str, rowtype: list[dict]) -> list[list[str | None]]:
    raw = base64.b64decode(encoded or b"")
    if not raw:
        return []
    table = pyarrow.ipc.open_stream(io.BytesIO(raw)).read_all()
    columns = [
        [cell(value, str(kind["type"]).lower(), kind.get("scale")) for value in column.to_pylist()]
        for column, kind in zip(table.columns, rowtype)
    ]
    return [list(row) for row in zip(*columns)]


async def query_request(request):
    try:
        answered = await fakesnow_server.query_request(request)
    except Exception as error:  # noqa: BLE001
        # The driver would ask again for minutes, as it should where a service is away.
        refusal = {"success": False, "code": "000603", "message": repr(error), "data": {}}
        return JSONResponse(refusal)
    body = json.loads(answered.body)
    data = body.get("data") or {}
    if data.get("queryResultFormat") == "arrow":
        data["rowset"] = rows_of(data.pop("rowsetBase64"), data["rowtype"])
        data["queryResultFormat"] = "json"
        data["total"] = data["returned"] = len(data["rowset"])
    data.setdefault("rowset", [])
    data.setdefault("rowtype", [])
    data.setdefault("returned", len(data["rowset"]))
    if body.get("success"):
        body.update(data=data, code=None, message=None)
    return JSONResponse(body, status_code=answered.status_code)


async def telemetry(_request):
    return JSONResponse({"success": True})


# fakesnow writes a table's comment into its own statement as it is, apostrophes too.
insert_table_comment = info_schema.insert_table_comment_sql
info_schema.insert_table_comment_sql = lambda catalog, schema, table, comment: insert_table_comment(
    catalog, schema, table, (comment or "").replace("'", "''")
)
# The driver copies the file itself when the stage is a folder of this machine.
fakesnow_server.gcs_stage_info = lambda _request, _expression, data: data["stageInfo"]
routes = fakesnow_server.app.router.routes
routes[:] = [route for route in routes if getattr(route, "path", "") != QUERY_PATH]
routes.append(Route(QUERY_PATH, query_request, methods=["POST"]))
routes.append(Route("/telemetry/send", telemetry, methods=["POST"]))
uvicorn.run(fakesnow_server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_keep_alive=600)
