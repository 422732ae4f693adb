//! Whatever the data: it keeps the contract that is inferred from it.

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
        DurationMicrosecondArray, Float32Array, Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray,
        NullArray, RecordBatch, StringArray, StructArray, Time64MicrosecondArray, TimestampMicrosecondArray,
        TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
    },
    datatypes::{Field, Fields, Int32Type, Schema},
};
use mlp_engine::table::write_parquet;
use proptest::prelude::*;

use super::{broken, infer};

const NAMES: [&str; 22] = [
    "id",
    "month",
    "hour",
    "year",
    "price_usd",
    "temp",
    "dep_time",
    "code",
    "name",
    "at",
    "is_open",
    "tailnum",
    "number_of_rooms",
    "share",
    "x",
    "not a name",
    "1st",
    "a\nb",
    "größe",
    "日付",
    "key",
    "in",
];

const TEXTS: [&str; 24] = [
    "A",
    "B7",
    "ab-12",
    "ab-345",
    "2013-10-01",
    "2013-10-01T05:00:00Z",
    "2013-10-01 05:00:00",
    "05:00",
    "007",
    "12",
    "-3",
    "517.0",
    "1e5",
    "12345678901234567890",
    "NA",
    "true",
    "none",
    "a \"b\", c",
    "zwölf",
    "67e55044-10b1-426f-9247-bb680e5fe0c8",
    "line\nbreak, \"and\"\r\nmore",
    "2013-10-01T05:00:00+02:00",
    " 5",
    "\\N",
];

/// A column's values, by the kind of their type.
#[derive(Clone, Debug)]
enum Values {
    Int(Vec<Option<i64>>),
    Int32(Vec<Option<i32>>),
    Uint(Vec<Option<u64>>),
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Words(Vec<Option<String>>),
    Date(Vec<Option<i32>>),
    Instant(Vec<Option<i64>>),
    Wall(Vec<Option<i64>>),
    Decimal(Vec<Option<i128>>),
    Bytes(Vec<Option<Vec<u8>>>),
    List(Vec<Option<Vec<Option<i32>>>>),
    Struct(Vec<Option<i64>>),
    Nested(Vec<Option<Vec<Option<i32>>>>),
    Float32(Vec<Option<f32>>),
    Long(Vec<Option<String>>),
    Time(Vec<Option<i64>>),
    Zoned(Vec<Option<i64>>),
    Duration(Vec<Option<i64>>),
    Nothing(usize),
}

impl Values {
    fn array(&self) -> ArrayRef {
        match self {
            Self::Int(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Int32(values) => Arc::new(Int32Array::from(values.clone())),
            Self::Uint(values) => Arc::new(UInt64Array::from(values.clone())),
            Self::Float(values) => Arc::new(Float64Array::from(values.clone())),
            Self::Bool(values) => Arc::new(BooleanArray::from(values.clone())),
            Self::Text(values) => Arc::new(StringArray::from(values.clone())),
            Self::Words(values) => {
                Arc::new(values.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
            }
            Self::Date(values) => Arc::new(Date32Array::from(values.clone())),
            Self::Instant(values) => Arc::new(TimestampMicrosecondArray::from(values.clone()).with_timezone("UTC")),
            Self::Wall(values) => Arc::new(TimestampNanosecondArray::from(values.clone())),
            Self::Decimal(values) => {
                Arc::new(Decimal128Array::from(values.clone()).with_precision_and_scale(20, 4).unwrap())
            }
            Self::Bytes(values) => Arc::new(BinaryArray::from_iter(values.clone())),
            Self::List(values) => Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(values.clone())),
            Self::Struct(values) => of_one("inner", Arc::new(Int64Array::from(values.clone()))),
            Self::Nested(values) => {
                let list = ListArray::from_iter_primitive::<Int32Type, _, _>(values.clone());
                of_one("outer", of_one("inner", Arc::new(list)))
            }
            Self::Float32(values) => Arc::new(Float32Array::from(values.clone())),
            Self::Long(values) => Arc::new(LargeStringArray::from(values.clone())),
            Self::Time(values) => Arc::new(Time64MicrosecondArray::from(values.clone())),
            Self::Zoned(values) => {
                Arc::new(TimestampMillisecondArray::from(values.clone()).with_timezone("Europe/Zurich"))
            }
            Self::Duration(values) => Arc::new(DurationMicrosecondArray::from(values.clone())),
            Self::Nothing(rows) => Arc::new(NullArray::new(*rows)),
        }
    }

    /// Whether a format has values of this kind, as our readers take them.
    fn fits(&self, extension: &str) -> bool {
        match self {
            Self::Bytes(_) | Self::Zoned(_) | Self::Duration(_) => matches!(extension, "parquet" | "arrow"),
            Self::List(_) | Self::Struct(_) | Self::Nested(_) => extension != "csv",
            _ => true,
        }
    }
}

fn of_one(name: &str, part: ArrayRef) -> ArrayRef {
    let fields = Fields::from(vec![Field::new(name, part.data_type().clone(), true)]);
    Arc::new(StructArray::new(fields, vec![part], None))
}

/// So many values of a pool, some of them null: few different ones repeat, and many make a column that may be a key.
fn drawn<T: Clone + std::fmt::Debug + 'static>(
    one: impl Strategy<Value = T> + 'static,
    rows: usize,
) -> BoxedStrategy<Vec<Option<T>>> {
    let pool = prop_oneof![prop::collection::vec(one, 1..80)];
    (pool, prop::collection::vec(any::<prop::sample::Index>(), rows), 0_u8..4, any::<u64>())
        .prop_map(move |(pool, places, nulls, start)| {
            let in_turn = start % 3 == 0;
            let value = |(row, place): (usize, prop::sample::Index)| {
                let at = if in_turn { row % pool.len() } else { place.index(pool.len()) };
                let null = nulls == 3 || (nulls == 2 && row % 7 == 3);
                pool.get(at).filter(|_| !null).cloned()
            };
            places.into_iter().enumerate().map(value).collect()
        })
        .boxed()
}

fn values(rows: usize) -> BoxedStrategy<Values> {
    let small = || prop_oneof![0_i64..24, 1_i64..13, -5_i64..5, 0_i64..2400, 1_900_i64..2_100];
    let whole = prop_oneof![6 => small(), 1 => any::<i64>()];
    let float = prop_oneof![
        6 => small().prop_map(|value| f64::from(i32::try_from(value).unwrap())),
        3 => -1_000.0..1_000.0,
        1 => any::<f64>(),
        1 => prop::sample::select(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX, 9_007_199_254_740_993.0][..])
    ];
    let text = prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        2 => "[A-Z]{2}[0-9]{1,4}",
        1 => "[ -~]{0,12}"
    ];
    let instant = || -10_000_000_000_000_000_i64..10_000_000_000_000_000;
    prop_oneof![
        drawn(whole, rows).prop_map(Values::Int),
        Just((0..i64::try_from(rows).unwrap()).map(Some).collect()).prop_map(Values::Int),
        drawn(any::<i32>(), rows).prop_map(Values::Int32),
        drawn(any::<u64>(), rows).prop_map(Values::Uint),
        drawn(float, rows).prop_map(Values::Float),
        drawn(any::<bool>(), rows).prop_map(Values::Bool),
        drawn(text.clone(), rows).prop_map(Values::Text),
        drawn(prop::sample::select(&TEXTS[..]).prop_map(str::to_owned), rows).prop_map(Values::Text),
        drawn(text, rows).prop_map(Values::Words),
        drawn(-30_000_i32..30_000, rows).prop_map(Values::Date),
        drawn(instant(), rows).prop_map(Values::Instant),
        drawn(instant(), rows).prop_map(Values::Wall),
        drawn(-10_000_000_000_i128..10_000_000_000, rows).prop_map(Values::Decimal),
        drawn(prop::collection::vec(any::<u8>(), 0..6), rows).prop_map(Values::Bytes),
        drawn(prop::collection::vec(prop::option::of(any::<i32>()), 0..3), rows).prop_map(Values::List),
        drawn(any::<i64>(), rows).prop_map(Values::Struct),
        drawn(prop::collection::vec(prop::option::of(any::<i32>()), 0..3), rows).prop_map(Values::Nested),
        drawn(any::<f32>(), rows).prop_map(Values::Float32),
        drawn(prop::sample::select(&TEXTS[..]).prop_map(str::to_owned), rows).prop_map(Values::Long),
        drawn(0_i64..86_400_000_000, rows).prop_map(Values::Time),
        drawn(-10_000_000_000_000_i64..10_000_000_000_000, rows).prop_map(Values::Zoned),
        drawn(-10_000_000_000_000_i64..10_000_000_000_000, rows).prop_map(Values::Duration),
        Just(Values::Nothing(rows)),
    ]
    .boxed()
}

fn table() -> impl Strategy<Value = Vec<(&'static str, Values)>> {
    let names = prop::sample::subsequence(&NAMES[..], 1..6);
    (names, prop_oneof![0_usize..4, 20_usize..60, 100_usize..300]).prop_flat_map(|(names, rows)| {
        let columns: Vec<_> = names.iter().map(|_| values(rows)).collect();
        columns.prop_map(move |columns| names.iter().copied().zip(columns).collect())
    })
}

fn write(path: &Path, batch: &RecordBatch) {
    let schema = batch.schema();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => write_parquet(path, &schema, std::slice::from_ref(batch)).map(|_| ()).unwrap(),
        Some("arrow") => {
            let mut writer = arrow::ipc::writer::FileWriter::try_new(File::create(path).unwrap(), &schema).unwrap();
            writer.write(batch).unwrap();
            writer.finish().unwrap();
        }
        Some("csv") => arrow::csv::Writer::new(File::create(path).unwrap()).write(batch).unwrap(),
        _ => {
            let mut writer = arrow::json::LineDelimitedWriter::new(File::create(path).unwrap());
            writer.write(batch).unwrap();
            writer.finish().unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn data_keeps_what_is_inferred_from_it(table in table()) {
        let folder = tempfile::tempdir().unwrap();
        for extension in ["parquet", "arrow", "csv", "jsonl"] {
            let columns: Vec<_> = table.iter().filter(|(_, values)| values.fits(extension)).collect();
            if columns.is_empty() {
                continue;
            }
            let arrays: Vec<ArrayRef> = columns.iter().map(|(_, values)| values.array()).collect();
            let fields: Vec<Field> = columns
                .iter()
                .zip(&arrays)
                .map(|((name, _), array)| Field::new(*name, array.data_type().clone(), true))
                .collect();
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
            let path = folder.path().join(format!("data.{extension}"));
            write(&path, &batch);
            let inferred = match infer(&path) {
                Ok(inferred) => inferred,
                Err(refused) => {
                    let unspelt = |name: &str| ["not a name", "1st", "a\nb"].contains(&name);
                    let is_text = matches!(extension, "csv" | "jsonl");
                    // of such columns JSON lines have no members
                    let is_empty = |array: &ArrayRef| is_text && array.logical_null_count() == array.len();
                    // a time without a zone has microseconds in the language
                    let is_finer = |values: &Values| matches!(values, Values::Wall(_));
                    let mut columns = columns.iter().zip(batch.columns());
                    prop_assert!(columns.all(|((name, values), array)| {
 unspelt(name) || is_empty(array) || is_finer(values) }), "{}", refused);
                    continue;
                }
            };
            prop_assert_eq!(broken(&path, &inferred), Vec::<String>::new(), "{}: {:#?}", extension, inferred.contract);
            let left_out = inferred.unsure.iter().filter(|unsure| unsure.what.contains("is left out")).count();
            let columns = if extension == "jsonl" { inferred.contract.columns.len() } else { batch.num_columns() };
            prop_assert!(inferred.contract.columns.len() + left_out >= columns, "no column is lost silently");
        }
    }
}
