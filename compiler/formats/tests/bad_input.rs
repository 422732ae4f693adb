//! What cannot be read is refused with its place and a mend; what is left out is said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use mlp_formats::{Dialect, Fault, Format, mlp::Module};

fn refused(format: Format, text: &str) -> String {
    let Fault { line, path, what, help, other_format } = format.import(text.as_bytes().to_vec()).unwrap_err();
    let line = line.map_or_else(String::new, |line| line.to_string());
    let other = if other_format { " (or another format)" } else { "" };
    format!("{}:{line}: {path}: {what} | {help}{other}", format.name())
}

#[test]
fn malformed_files_files_of_another_format_and_unknown_types() {
    let odcs = |ty: &str| {
        format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n- name: t\n  properties:\n  - name: x\n    logicalType: {ty}\n"
        )
    };
    let cases = [
        refused(Format::Odcs, "apiVersion: v3.1.0\n  kind: [unclosed\n"),
        refused(Format::Odcs, &odcs("strnig")),
        refused(Format::Odcs, "{\"type\": \"record\", \"name\": \"A\", \"fields\": []}"),
        refused(Format::Odcs, "apiVersion: v2.2.2\nkind: DataContract\n"),
        refused(Format::Odcs, "a: 1\n"),
        refused(Format::JsonSchema, "{\"properties\": {\"a\": {\"type\": \"integer\",}}}"),
        refused(Format::JsonSchema, "{\n\"properties\": {\n\"a\": {\"type\": \"int\"}}}"),
        refused(Format::JsonSchema, "{\"type\": \"string\"}"),
        refused(Format::JsonSchema, "{\"$ref\": \"other.json#/a\"}"),
        refused(Format::Avro, "{\"type\": \"enum\", \"name\": \"A\", \"symbols\": [\"x\"]}"),
        refused(Format::Protobuf, "syntax = \"proto3\";\nmessage A {\n  strnig = 1;\n}\n"),
        refused(Format::Protobuf, "syntax = \"proto3\";\nenum A { B = 0; }\n"),
        refused(Format::Sql(Dialect::PostgreSql), "create table t (\n  a integer,,\n);"),
        refused(Format::Sql(Dialect::PostgreSql), "create table t (\n  a integer,\n  b text"),
        refused(Format::Sql(Dialect::PostgreSql), "create table t (a text);\ninsert into t values ('open);"),
        refused(Format::Sql(Dialect::DuckDb), "select 1;"),
        refused(Format::Dbt, "models: 5\n"),
        refused(Format::Parquet, "PAR1 and no more"),
        refused(Format::Arrow, "no arrow"),
        refused(Format::Pydantic, "class A: pass"),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

/// The line of a fault is one that the file has, and where it is cut off the last one.
#[test]
fn a_file_that_is_cut_off_is_so_on_its_last_line() {
    let json = "{\n  \"type\": \"object\",\n  \"properties\": {\n    \"a\": {\"type\": \"string\"}\n";
    let sql = "-- one\n\n\n\ncreate table t (\n  a bigint,\n  b text,\n\n\n";
    let yaml = "apiVersion: v3.1.0\nkind: [\n";
    for (format, text, last) in [
        (Format::JsonSchema, json, 4),
        (Format::Avro, json.get(..30).unwrap(), 3),
        (Format::Sql(Dialect::PostgreSql), sql, 7),
        (Format::Sql(Dialect::DuckDb), sql, 7),
        (Format::Odcs, yaml, 2),
    ] {
        let fault = format.import(text.as_bytes().to_vec()).unwrap_err();
        assert_eq!(fault.line, Some(last), "{format}: {fault}");
    }
    let fault = refused(Format::Sql(Dialect::PostgreSql), sql);
    assert!(fault.contains("found: the end of the statement that begins on line 5"), "{fault}");
}

#[test]
fn a_short_file_that_names_itself_over_and_over_is_refused() {
    let lines: Vec<String> = (1..30).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}, *a{0}, *a{0}]", at - 1)).collect();
    let text = format!("a0: &a0 [x, x, x, x]\n{}\n", lines.join("\n"));
    assert!(refused(Format::Odcs, &text).contains("2000000 nodes"));
    assert!(refused(Format::JsonSchema, &"[".repeat(5000)).contains("nested deeper"));
    assert!(refused(Format::Odcs, &format!("a: {}", "[".repeat(5000))).contains("odcs:1"));
}

/// What comes of a file that others could have written, and what is said about it.
fn read(format: Format, text: &str) -> String {
    let imported = format.import(text.as_bytes().to_vec()).unwrap();
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    format!("{}\n{}\n", Module::of(imported.contracts).print().unwrap(), notes.join("\n"))
}

#[test]
fn files_as_others_write_them() {
    let odcs = r#"
apiVersion: v3.0.2
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
name: seller payments
version: 1.1
status: active
domain: seller
team:
- username: ceastwood
  role: Data Scientist
- username: mhopper
  role: Owner
schema:
- name: tbl_payments
  physicalName: tbl_payments_1
  description: Payments.
  quality:
  - rule: rowCount
    mustBeGreaterThan: 10
  - type: sql
    query: select count(*) from t
    mustBe: 0
  properties:
  - name: txn_ref_dt
    primaryKey: true
    primaryKeyPosition: 1
    logicalType: date
    classification: public
    businessName: transaction date
  - name: amount
    physicalType: decimal(12,2)
    logicalType: number
    required: true
    logicalTypeOptions: {exclusiveMinimum: 0, multipleOf: 0.01}
  - name: country
    physicalType: varchar(2)
    logicalType: string
    tags: [geo, "not a name"]
    logicalTypeOptions: {pattern: '^(DE|FR)$', format: hostname}
    quality:
    - type: library
      metric: invalidValues
      mustBe: 0
      arguments: {validValues: [DE, FR]}
"#;
    let json_schema = r##"{
  "$schema": "http://json-schema.org/draft-07/schema#", "title": "orders by day", "type": "object", "additionalProperties": false,
  "definitions": {"money": {"type": "number", "minimum": 0, "multipleOf": 0.01}},
  "properties": {
    "id": {"type": "integer", "description": "Which."},
    "status": {"enum": ["open", "in progress"]},
    "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
    "total": {"$ref": "#/definitions/money", "description": "Sum."},
    "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
    "any": {"type": ["string", "integer"]},
    "lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "pattern": "(?!x)y"}, "n": {"type": "integer"}}}}
  },
  "required": ["id", "total"]
}"##;
    let sql = "
create schema s;
create table if not exists s.orders (
  id bigserial primary key,
  customer_id integer not null references customers (id) on delete cascade,
  status varchar(10) default 'open' check (status in ('open', 'paid')),
  price numeric(12, 2) not null check (price >= 0),
  placed timestamptz default now(),
  constraint sane check (price < 1000 or status = 'paid'),
  unique (customer_id, placed)
) partition by range (placed);
create index on s.orders (placed);
comment on column s.orders.price is 'In euros.';";
    let dbt = "
version: 2
sources:
- name: shop
  loader: fivetran
  tables:
  - name: raw_orders
    columns:
    - name: id
      data_tests: [unique, not_null]
    - name: status
      data_type: text
      tests:
      - accepted_values: {values: [placed, shipped]}
      - relationships: {to: ref('stg_status'), field: code}
      - dbt_utils.at_least_one
";
    let proto = "
syntax = \"proto3\";
package shop.v1;
import \"google/protobuf/timestamp.proto\";
import \"other.proto\";
// An order.
message Order {
  enum Status { STATUS_UNSPECIFIED = 0; STATUS_OPEN = 1; STATUS_PAID = 2; }
  // Which.
  int64 id = 1;
  Status status = 2;
  optional string note = 3 [deprecated = true];
  google.protobuf.Timestamp at = 4;
  repeated Line lines = 5;
  map<string, double> prices = 6;
  oneof pay { string card = 7; string cash = 8; }
  other.Thing thing = 9;
}
message Line { string sku = 1; }
";
    let texts = [
        read(Format::Odcs, odcs),
        read(Format::JsonSchema, json_schema),
        read(Format::Sql(Dialect::PostgreSql), sql),
        read(Format::Dbt, dbt),
        read(Format::Protobuf, proto),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}
