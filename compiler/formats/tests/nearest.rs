//! What a format has and the language does not refuses no file: it becomes the nearest that there is, or is left out, and either is said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{checked, through_all};
use mlp_formats::{Dialect, Format, mlp::Module};

/// What comes of a file, and what is said about it. It checks, and comes back from every format.
fn read(format: Format, text: &str) -> String {
    let mut imported = format.import(text.as_bytes().to_vec()).unwrap();
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    let printed = Module::of(imported.contracts.clone()).print().unwrap();
    imported.contracts.iter_mut().for_each(|contract| contract.references.clear());
    let read = checked(&Module::of(imported.contracts).print().unwrap());
    assert_eq!(read.faults, Vec::<String>::new(), "{printed}");
    let wrong: Vec<String> = read.contracts.iter().flat_map(through_all).collect();
    assert_eq!(wrong, Vec::<String>::new());
    format!("{printed}\n{}\n", notes.join("\n"))
}

#[test]
fn types_of_postgresql() {
    let text = "
CREATE TYPE shop.mood AS ENUM ('sad', 'ok');
CREATE TYPE state AS ENUM ('open', 'in progress');
CREATE TYPE address AS (street text, zip varchar(10));
CREATE DOMAIN percent AS numeric(5, 2) DEFAULT 0 NOT NULL CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN public.mail AS text CONSTRAINT at CHECK (((VALUE)::text ~ '^[a-z]+@[a-z]+$'::text));
CREATE TABLE t (
  m shop.mood NOT NULL, moods mood[], s state DEFAULT 'open'::state, home address, share percent, mail mail,
  ip inet, net cidr, words tsvector, word tsquery, bits bit(3), more bit varying(8), x xml, place point, money money,
  span tstzrange, nick citext, props hstore, embedding vector(3), id oid, other regclass,
  at timetz, milli timestamp(3), whole timestamptz(0), wide numeric(50, 2), day interval day to second,
  unheard_of some_type, \"weird name\" text, EXCLUDE USING gist (span WITH &&)
);";
    insta::assert_snapshot!(read(Format::Sql(Dialect::PostgreSql), text));
}

#[test]
fn statements_that_are_no_tables() {
    let text = r"\restrict aBc
SET statement_timeout = 0;
SET row_security = off;
CREATE EXTENSION hstore;
CREATE TABLE ONLY_ONCE (a int, B text);
CREATE TABLE shop.t (id bigint NOT NULL, b text, c numeric(5,2), d text, PRICE integer);
ALTER TABLE shop.t OWNER TO me;
COMMENT ON TABLE shop.t IS 'All; of them.';
COMMENT ON COLUMN shop.t.b IS 'It''s b.';
COMMENT ON EXTENSION hstore IS 'pairs';
ALTER TABLE ONLY shop.t ALTER COLUMN c SET DEFAULT 1.50;
ALTER TABLE ONLY shop.t ALTER COLUMN c SET NOT NULL;
ALTER TABLE ONLY shop.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
ALTER TABLE ONLY shop.t ADD CONSTRAINT in_set CHECK (((d)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])));
ALTER TABLE ONLY shop.t ADD CONSTRAINT long CHECK ((length((b)::text) >= 2));
ALTER TABLE ONLY shop.t ADD CONSTRAINT odd EXCLUDE USING gist (b WITH =);
CREATE UNIQUE INDEX u ON shop.t USING btree (b, c);
CREATE UNIQUE INDEX some ON shop.t (d) WHERE (id > 3);
CREATE INDEX i ON shop.t (c);
CREATE TABLE child (e int REFERENCES shop.t) INHERITS (only_once);
CREATE TABLE part PARTITION OF shop.t FOR VALUES FROM (1) TO (2);
CREATE VIEW v AS SELECT 1 AS one;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN; RETURN NEW; END; $$;
GRANT SELECT ON shop.t TO reader;
INSERT INTO shop.t VALUES (1, 'a; b', 2);
INSERT INTO shop.t VALUES (2, 'a', 2);
COPY shop.t (id, b) FROM stdin;
1	it's
2	; CREATE TABLE none (x int);
\.
";
    insta::assert_snapshot!(read(Format::Sql(Dialect::PostgreSql), text));
}

#[test]
fn types_of_other_databases() {
    let duckdb = "
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS STRUCT(k INTEGER, l VARCHAR);
CREATE TABLE t (m mood, p pair, b BIT, h HUGEINT, ns TIMESTAMP_NS, ms TIMESTAMP_MS, s TIMESTAMP_S, us TIMESTAMP_US, tt TIME WITH TIME ZONE,
  mp MAP(INTEGER, STRUCT(a INTEGER)), un UNION(num INTEGER, str VARCHAR), g GEOMETRY, arr INTEGER[3], z AS (h + 1), CHECK (h < 10));
CREATE MACRO add(a, b) AS a + b;";
    let bigquery = "
CREATE TABLE `my-project.d.t` (s STRUCT<x INT64 NOT NULL, y STRING>, l ARRAY<STRUCT<x INT64 NOT NULL>>, g GEOGRAPHY, r RANGE<DATE>,
  bn BIGNUMERIC(50, 20), unnamed STRUCT<INT64, STRING>, b BYTES(5), n INT64 NOT NULL)
PARTITION BY _PARTITIONDATE OPTIONS (description = 'All.', labels = [('a', 'b')]);
CREATE TABLE d.copy LIKE d.t;";
    let snowflake = "
create or replace TRANSIENT TABLE DB.PUBLIC.T1 cluster by (A) (
  A NUMBER(38,0) NOT NULL autoincrement start 1 increment 1 noorder COMMENT 'the key', C GEOGRAPHY, E VECTOR(FLOAT, 256),
  F OBJECT(name VARCHAR, age NUMBER), K TIME(9), B VARCHAR(5) WITH TAG (DB.PUBLIC.PII='email'), constraint PK primary key (A) rely
) COMMENT='It\\'s a table';
CREATE STAGE s;";
    let texts = [
        read(Format::Sql(Dialect::DuckDb), duckdb),
        read(Format::Sql(Dialect::BigQuery), bigquery),
        read(Format::Sql(Dialect::Snowflake), snowflake),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn schemas_of_json() {
    let text = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "r", "type": "object",
  "$defs": {"node": {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}, "named": {"$anchor": "here", "type": "integer"}},
  "properties": {
    "five": {"const": 5}, "word": {"const": "x"}, "yes": {"const": true}, "nothing": {"const": null}, "mixed": {"enum": [1, "a"]}, "set": {"type": "integer", "enum": [1, "a", 2]},
    "any": true, "none": false, "items": {"type": "array", "items": true}, "empty": {"type": "array", "items": false},
    "tuple": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]},
    "tree": {"$ref": "#/$defs/node"}, "self": {"$ref": "#"}, "other": {"$ref": "other.json#/a"}, "anchored": {"$ref": "#here"},
    "old": {"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false},
    "bad": {"type": "string", "minimum": 3, "default": 5}, "gone": {"type": "string", "deprecated": "use word"},
    "either": {"type": "object", "properties": {"a": {"type": "string", "default": null}, "b-c": {"type": "string"}}, "oneOf": [{"required": ["a"]}]},
    "order-id": {"type": "string"}, "at": {"type": "string", "format": "time"}, "raw": {"type": "string", "contentEncoding": "base64"}
  }
}"##;
    insta::assert_snapshot!(read(Format::JsonSchema, text));
}

#[test]
fn documents_of_odcs() {
    let text = "
apiVersion: v3.0.2
kind: DataContract
id: a1
version: 1.0.0
status: draft
schema:
- name: t
  properties:
  - {name: d, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}
  - {name: n, logicalType: integer, logicalTypeOptions: {minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}}
  - {name: m, logicalType: number, logicalTypeOptions: {exclusiveMaximum: 5, minimum: low}}
  - {name: v, logicalType: vector}
  - {name: p, logicalType: map}
  - {name: e, logicalType: integer, enum: [{value: 1}, {value: one}]}
  - {name: i, logicalType: string, physicalType: inet}
  - {name: c, logicalType: string, physicalType: varchar(5)}
  - {name: order-id, logicalType: string, primaryKey: true}
  - {name: line, logicalType: integer, primaryKey: true}
  - {name: o, logicalType: object, properties: [{name: a b, logicalType: string}, {name: c, logicalType: string}]}
";
    insta::assert_snapshot!(read(Format::Odcs, text));
}

#[test]
fn messages_of_protobuf() {
    let proto2 = r#"
syntax = "proto2";
// extensions 5 to 6; is no statement
message Node {
  // The name.
  required string name = 1 [default = "extensions 1 to 2;"];
  optional int32 count = 3 [default = 7];
  optional State state = 4 [default = STATE_DONE];
  repeated Node children = 5;
  optional Inner inner = 6;
  message Inner {
    // Which.
    optional string id = 1 [deprecated = true];
  }
  reserved 9 to 10;
  extensions 1000 to max;
  extensions 536000000 [declaration = {
    number: 536000000
    type: ".a.B"
  }];
}
enum State { STATE_OPEN = 0; STATE_DONE = 1; }
extend Node { optional string more = 1000; }
"#;
    let edition = r#"
edition = "2023";
option features.enum_type = CLOSED;
message M {
  string a = 1;
  string b = 2 [features.field_presence = IMPLICIT];
  string c = 3 [features.field_presence = LEGACY_REQUIRED];
}
"#;
    insta::assert_snapshot!([read(Format::Protobuf, proto2), read(Format::Protobuf, edition)].join("\n"));
}

#[test]
fn schemas_of_avro_and_dbt() {
    let avro = r#"[
  {"type": "enum", "name": "Suit", "symbols": ["A", "B-C"]},
  {"type": "record", "name": "Node", "fields": [
    {"name": "suit", "type": "Suit"}, {"name": "next", "type": ["null", "Node"]}, {"name": "far", "type": "com.example.Far"},
    {"name": "wide", "type": {"type": "bytes", "logicalType": "decimal", "precision": 50, "scale": 2}},
    {"name": "broken", "type": {"type": "bytes", "logicalType": "decimal"}},
    {"name": "at", "type": {"type": "long", "logicalType": "local-timestamp-nanos"}}
  ]}
]"#;
    let dbt = "
version: 2
models:
- name: a
  columns:
  - {name: x, data_type: inet}
  - {name: y, data_type: \"{{ 'integer' if target.type == 'x' else 'bigint' }}\"}
  - {name: \"concat(a, b)\", data_type: text}
  - name: z
    data_type: timestamp_ns
    data_tests:
    - unique: {config: {where: \"x > 1\"}}
    - not_null: {severity: warn}
    - accepted_values: {arguments: {values: \"{{ set }}\"}}
";
    insta::assert_snapshot!([read(Format::Avro, avro), read(Format::Dbt, dbt)].join("\n"));
}
