//! What a SELECT gives: names, types, null-ness and lineage.

mod common;

use common::{check, written};

/// Checks every case of a table: a SELECT, and its columns as [`written`] writes them.
fn all(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (sql, expected) in cases {
        let expected: String = expected.lines().map(|line| format!("{}\n", line.trim())).collect();
        let found = match check(sql) {
            Ok(columns) => written(&columns),
            Err(fault) => format!("{fault:?}\n"),
        };
        if found != expected {
            wrong.push_str(&format!("\n{sql}\n--- expected\n{expected}--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn columns_that_are_passed_on_keep_their_contract_type() {
    all(&[
        ("select id from flights", "id: int64 = flights.id"),
        ("select f.id as number from flights f", "number: int64 = flights.id"),
        (
            "select origin, code, note, hour from flights",
            "origin: enum { EWR, JFK, LGA } = flights.origin
            code: uuid = flights.code
            note: json? = flights.note
            hour: timestamp(ms) = flights.hour",
        ),
        (
            "select price, day, late, took, tags, embedding from flights",
            "price: decimal(12, 2) = flights.price
            day: date = flights.day
            late: bool = flights.late
            took: duration = flights.took
            tags: list<string> = flights.tags
            embedding: vector<float32, 3> = flights.embedding",
        ),
        (
            "select * from planes",
            "tail: string = planes.tail
            year: int32? = planes.year
            seats: int32 = planes.seats",
        ),
        ("SELECT Tail FROM Planes", "tail: string = planes.tail"),
        (
            "select p.* from planes p order by year limit 3",
            "tail: string = planes.tail
            year: int32? = planes.year
            seats: int32 = planes.seats",
        ),
        ("select distinct origin from flights", "origin: enum { EWR, JFK, LGA } = flights.origin"),
        (
            "select place from flights",
            "place: struct { lat: float64, zone: enum { A, B }, alt: float64? } = flights.place",
        ),
        (
            "select place['zone'] as zone, place['alt'] as alt, place['lat'] as lat from flights",
            "zone: enum { A, B } <- flights.place
            alt: float64? <- flights.place
            lat: float64 <- flights.place",
        ),
        ("select f.place.lat as lat from flights f", "lat: float64 <- flights.place"),
        ("select (id) as id from flights", "id: int64 = flights.id"),
    ]);
}

#[test]
fn computed_columns_have_the_type_of_the_computation() {
    all(&[
        (
            "select 1 as one, 'a' as letter, true as yes, 2.5 as half",
            "one: int64
            letter: string
            yes: bool
            half: float64",
        ),
        (
            "select id + 1 as next, distance / 2 as half, -distance as back from flights",
            "next: int64 <- flights.id
            half: float64 <- flights.distance
            back: float64 <- flights.distance",
        ),
        ("select delay * distance as x from flights", "x: float64? <- flights.delay, flights.distance"),
        (
            "select price * 2 as twice, price + price as sum from flights",
            "twice: decimal(33, 2) <- flights.price
            sum: decimal(13, 2) <- flights.price",
        ),
        ("select distance > 100 and late as far from flights", "far: bool <- flights.distance, flights.late"),
        ("select delay > 15 as late from flights", "late: bool? <- flights.delay"),
        (
            "select delay is null as missing, delay is not null as there from flights",
            "missing: bool <- flights.delay
            there: bool <- flights.delay",
        ),
        ("select delay is distinct from 3 as other from flights", "other: bool <- flights.delay"),
        (
            "select lower(carrier) as c, upper(tail) as t, carrier || origin as key from flights",
            "c: string <- flights.carrier
            t: string? <- flights.tail
            key: string <- flights.carrier, flights.origin",
        ),
        (
            "select substr(carrier, 1, 1) as c, length(carrier) as n, origin like 'E%' as e from flights",
            "c: string <- flights.carrier
            n: int32 <- flights.carrier
            e: bool <- flights.origin",
        ),
        (
            "select at + interval '1 hour' as later, day + interval '1 day' as next from flights",
            "later: timestamp <- flights.at
            next: date <- flights.day",
        ),
        ("select at - at as none from flights", "none: duration <- flights.at"),
        (
            "select seats in (1, 2) as few, id not in (1, 2) as odd from flights",
            "few: bool? <- flights.seats
            odd: bool <- flights.id",
        ),
        (
            "select delay between 1 and 2 as b, distance between 1 and 2 as c from flights",
            "b: bool? <- flights.delay
            c: bool <- flights.distance",
        ),
        (
            "select carrier ~ '^A' as a, tail similar to 'N%' as n from flights",
            "a: bool <- flights.carrier
            n: bool? <- flights.tail",
        ),
    ]);
}

#[test]
fn casts_and_parts_of_times() {
    all(&[
        (
            "select cast(delay as int) as d, cast(id as varchar) as i, id::double as f from flights",
            "d: int32? <- flights.delay
            i: string <- flights.id
            f: float64 <- flights.id",
        ),
        ("select try_cast(carrier as int) as n from flights", "n: int32? <- flights.carrier"),
        ("select cast(origin as varchar) as o from flights", "o: string <- flights.origin"),
        (
            "select cast('2013-01-01' as date) as d, timestamp '2013-01-01' as t, date '2013-01-01' as e",
            "d: date
            t: timestamp(naive)
            e: date",
        ),
        (
            "select cast(distance as decimal(10, 3)) as d, cast(distance as float) as r from flights",
            "d: decimal(10, 3) <- flights.distance
            r: float32 <- flights.distance",
        ),
        (
            "select extract(month from at) as m, date_part('hour', hour) as h from flights",
            "m: int32 <- flights.at
            h: int32 <- flights.hour",
        ),
        (
            "select date_trunc('day', at) as d, date_trunc('hour', hour) as h from flights",
            "d: timestamp <- flights.at
            h: timestamp(ms) <- flights.hour",
        ),
        (
            "select cast(at as date) as d, cast(seats as smallint) as s from flights",
            "d: date <- flights.at
            s: int16? <- flights.seats",
        ),
        ("select cast(null as double) as x", "x: float64?"),
        (
            "select to_char(at, '%Y') as y, to_date('2013-01-01') as d from flights",
            "y: string <- flights.at
            d: date",
        ),
        (
            "select round(distance, 1) as r, abs(delay) as a, floor(sqrt(distance)) as s from flights",
            "r: float64 <- flights.distance
            a: float64? <- flights.delay
            s: float64 <- flights.distance",
        ),
    ]);
}

#[test]
fn choices_between_values() {
    all(&[
        ("select case when late then 1 else 0 end as x from flights", "x: int64 <- flights.late"),
        ("select case when late then 1 end as x from flights", "x: int64? <- flights.late"),
        ("select case when delay is null then 0 else delay end as d from flights", "d: float64 <- flights.delay"),
        ("select case when delay is not null then delay else 0 end as d from flights", "d: float64 <- flights.delay"),
        ("select case when delay > 15 then delay else 0 end as d from flights", "d: float64 <- flights.delay"),
        ("select case when delay > 15 then 0 else delay end as d from flights", "d: float64? <- flights.delay"),
        (
            "select case when delay is null or seats is null then 0 else delay + seats end as d from flights",
            "d: float64 <- flights.delay, flights.seats",
        ),
        (
            "select case carrier when 'AA' then 1 when 'UA' then 2 else 3 end as c from flights",
            "c: int64 <- flights.carrier",
        ),
        ("select case seats when 1 then seats else 0 end as s from flights", "s: int64 <- flights.seats"),
        (
            "select coalesce(delay, 0) as d, coalesce(delay, seats) as e, coalesce(tail, carrier) as t from flights",
            "d: float64 <- flights.delay
            e: float64? <- flights.delay, flights.seats
            t: string <- flights.carrier, flights.tail",
        ),
        (
            "select nullif(id, 0) as n, nullif(carrier, '') as c from flights",
            "n: int64? <- flights.id
            c: string? <- flights.carrier",
        ),
        (
            "select greatest(delay, distance) as g, least(delay, seats) as l from flights",
            "g: float64 <- flights.delay, flights.distance
            l: float64? <- flights.delay, flights.seats",
        ),
        (
            "select case when late then origin else origin end as o from flights",
            "o: enum { EWR, JFK, LGA } <- flights.late, flights.origin",
        ),
        (
            "select case when late then origin else 'XXX' end as o from flights",
            "o: string <- flights.late, flights.origin",
        ),
        (
            "select concat(tail, carrier) as c, tail || carrier as d from flights",
            "c: string <- flights.carrier, flights.tail
            d: string? <- flights.carrier, flights.tail",
        ),
        (
            "select nvl2(tail, 1, 2) as t, ifnull(delay, 0.0) as d from flights",
            // the engine brings all three to one type
            "t: string <- flights.tail
            d: float64 <- flights.delay",
        ),
    ]);
}

#[test]
fn filters_narrow() {
    all(&[
        ("select delay from flights where delay is not null", "delay: float64 = flights.delay"),
        ("select delay from flights where delay > 3", "delay: float64 = flights.delay"),
        (
            "select delay, seats from flights where delay + seats > 3",
            "delay: float64 = flights.delay
            seats: int32 = flights.seats",
        ),
        ("select delay from flights where not (delay is null)", "delay: float64 = flights.delay"),
        ("select delay from flights where delay is not null and late", "delay: float64 = flights.delay"),
        ("select delay from flights where delay is not null or late", "delay: float64? = flights.delay"),
        ("select delay from flights where delay > 3 or delay < -3", "delay: float64 = flights.delay"),
        ("select delay from flights where not (delay > 3 or late)", "delay: float64 = flights.delay"),
        ("select delay from flights where not (delay > 3 and late)", "delay: float64? = flights.delay"),
        ("select delay from flights where delay is null", "delay: float64? = flights.delay"),
        ("select tail from flights where tail in ('a', 'b')", "tail: string = flights.tail"),
        ("select tail from flights where tail like 'N%'", "tail: string = flights.tail"),
        ("select tail from flights where tail in (select tail from planes)", "tail: string = flights.tail"),
        ("select tail from flights where tail not in (select tail from planes)", "tail: string? = flights.tail"),
        ("select tail from flights where coalesce(tail, 'x') = 'x'", "tail: string? = flights.tail"),
        ("select tail from flights where tail is distinct from 'x'", "tail: string? = flights.tail"),
        ("select tail from flights where (tail = 'x') is true", "tail: string = flights.tail"),
        ("select tail from flights where (tail = 'x') is not true", "tail: string? = flights.tail"),
        (
            "select s.d from (select delay as d, late from flights) s where s.d is not null",
            "d: float64 = flights.delay",
        ),
        (
            "select year, count(*) as n from planes group by year having year is not null",
            "year: int32 = planes.year
            n: int64",
        ),
        ("select delay from flights where delay between seats and 3", "delay: float64 = flights.delay"),
        ("select seats from flights where delay between seats and 3", "seats: int32? = flights.seats"),
    ]);
}

#[test]
fn joins() {
    all(&[
        (
            "select f.id, w.temp from flights f join weather w on f.hour = w.hour",
            "id: int64 = flights.id
            temp: float64 = weather.temp if flights.hour, weather.hour",
        ),
        (
            "select f.id, w.temp from flights f left join weather w on f.hour = w.hour and f.origin = w.origin",
            "id: int64 = flights.id
            temp: float64? = weather.temp if flights.hour, flights.origin, weather.hour, weather.origin",
        ),
        (
            "select f.id, w.temp from flights f right join weather w on f.hour = w.hour",
            "id: int64? = flights.id if flights.hour, weather.hour
            temp: float64 = weather.temp",
        ),
        (
            "select f.id, w.temp from flights f full join weather w on f.hour = w.hour",
            "id: int64? = flights.id if flights.hour, weather.hour
            temp: float64? = weather.temp if flights.hour, weather.hour",
        ),
        (
            "select f.tail, p.year from flights f join planes p on f.tail = p.tail",
            "tail: string = flights.tail
            year: int32? = planes.year if flights.tail, planes.tail",
        ),
        ("select f.tail from flights f left join planes p on f.tail = p.tail", "tail: string? = flights.tail"),
        (
            "select tail, p.seats from flights f join planes p using (tail)",
            "tail: string = flights.tail
            seats: int32 = planes.seats if flights.tail, planes.tail",
        ),
        (
            "select id, temp from flights f, weather w where f.hour = w.hour and f.late",
            "id: int64 = flights.id
            temp: float64 = weather.temp if flights.hour, weather.hour",
        ),
        (
            "select id, temp from flights cross join weather",
            "id: int64 = flights.id
            temp: float64 = weather.temp",
        ),
        (
            "select f.id, w.temp, p.year from flights f, weather w, planes p where f.hour = w.hour and p.tail = f.tail",
            "id: int64 = flights.id
            temp: float64 = weather.temp if flights.hour, weather.hour
            year: int32? = planes.year if flights.tail, planes.tail",
        ),
        (
            "select f.distance * w.temp as x from flights f join weather w on f.hour = w.hour",
            "x: float64 <- flights.distance, weather.temp if flights.hour, weather.hour",
        ),
        (
            "select w.wind from flights f join weather w on f.hour = w.hour and w.wind > f.distance",
            "wind: float64 = weather.wind if flights.distance, flights.hour, weather.hour, weather.wind",
        ),
        (
            "select w.temp from flights f left join weather w on f.hour = w.hour where w.temp is not null",
            "temp: float64 = weather.temp if flights.hour, weather.hour",
        ),
        (
            "select a.id, b.id as other from flights a join flights b on a.id = b.id + 1",
            "id: int64 = flights.id
            other: int64 = flights.id if flights.id",
        ),
        (
            "select coalesce(w.temp, 0) as t from flights f left join weather w on f.hour = w.hour",
            "t: float64 <- weather.temp if flights.hour, weather.hour",
        ),
        (
            "select f.id, w.temp, p.year from flights f left join weather w on f.hour = w.hour left join planes p on p.tail = f.tail",
            "id: int64 = flights.id
            temp: float64? = weather.temp if flights.hour, weather.hour
            year: int32? = planes.year if flights.tail, planes.tail",
        ),
        ("select f.id from flights f left semi join planes p on f.tail = p.tail", "id: int64 = flights.id"),
        ("select f.tail from flights f left anti join planes p on f.tail = p.tail", "tail: string? = flights.tail"),
    ]);
}

#[test]
fn queries_inside_queries() {
    all(&[
        (
            "with late as (select id, delay from flights where delay > 15) select id, delay from late",
            "id: int64 = flights.id
            delay: float64 = flights.delay",
        ),
        (
            "with a as (select id as x from flights), b as (select x + 1 as y from a) select y as z from b",
            "z: int64 <- flights.id",
        ),
        ("select d.m from (select max(delay) as m from flights) d", "m: float64? <- flights.delay"),
        (
            "with w as (select hour, avg(temp) as t from weather group by hour) select f.id, w.t from flights f left join w on w.hour = f.hour",
            "id: int64 = flights.id
            t: float64? <- weather.temp if flights.hour, weather.hour",
        ),
        (
            "select id, (select max(temp) from weather) as hottest from flights",
            "id: int64 = flights.id
            hottest: float64? <- weather.temp",
        ),
        (
            "select id, (select count(*) from weather) as n from flights",
            "id: int64 = flights.id
            n: int64",
        ),
        (
            "select id, (select max(temp) from weather w where w.hour = f.hour) as t from flights f",
            "id: int64 = flights.id
            t: float64? <- weather.temp if flights.hour, weather.hour",
        ),
        (
            "select id from flights f where exists (select 1 from planes p where p.tail = f.tail)",
            "id: int64 = flights.id",
        ),
        (
            "select a.id, b.n from flights a join (select carrier, count(*) as n from flights group by carrier) b on a.carrier = b.carrier",
            "id: int64 = flights.id
            n: int64 if flights.carrier",
        ),
        (
            "select f.id, l.t from flights f join lateral (select max(w.temp) as t from weather w where w.hour = f.hour) l on true",
            "id: int64 = flights.id
            t: float64? <- weather.temp if flights.hour, weather.hour",
        ),
        (
            "select x.a, x.b from (values (1, 'a'), (2, null)) as x(a, b)",
            "a: int64
            b: string?",
        ),
    ]);
}

#[test]
fn unions() {
    all(&[
        ("select tail from flights union all select tail from planes", "tail: string? <- flights.tail, planes.tail"),
        ("select carrier as c from flights union select tail from planes", "c: string <- flights.carrier, planes.tail"),
        ("select id from flights where late union all select id from flights where not late", "id: int64 = flights.id"),
        (
            "select origin from flights union all select origin from weather",
            "origin: enum { EWR, JFK, LGA } <- flights.origin, weather.origin",
        ),
        ("select seats from planes union all select id from flights", "seats: int64 <- flights.id, planes.seats"),
        ("select 1 as x union all select null", "x: int64?"),
        ("select tail from flights intersect select tail from planes", "tail: string? = flights.tail"),
        ("select carrier from flights except select tail from planes", "carrier: string = flights.carrier"),
    ]);
}

#[test]
fn aggregates() {
    all(&[
        (
            "select carrier, count(*) as n, count(delay) as d from flights group by carrier",
            "carrier: string = flights.carrier
            n: int64
            d: int64 <- flights.delay",
        ),
        (
            "select count(*) as n, sum(distance) as s, avg(distance) as a from flights",
            "n: int64
            s: float64? <- flights.distance
            a: float64? <- flights.distance",
        ),
        (
            "select carrier, sum(distance) as s, avg(delay) as a, min(id) as m from flights group by carrier",
            "carrier: string = flights.carrier
            s: float64 <- flights.distance
            a: float64? <- flights.delay
            m: int64 <- flights.id",
        ),
        (
            "select origin, max(origin) as o, max(hour) as h from flights group by origin",
            "origin: enum { EWR, JFK, LGA } = flights.origin
            o: enum { EWR, JFK, LGA } <- flights.origin
            h: timestamp(ms) <- flights.hour",
        ),
        (
            "select carrier, sum(seats) as s, sum(price) as p, avg(price) as a from flights group by carrier",
            "carrier: string = flights.carrier
            s: int64? <- flights.seats
            p: decimal(22, 2) <- flights.price
            a: decimal(16, 6) <- flights.price",
        ),
        (
            "select carrier, sum(distance) filter (where late) as s from flights group by carrier",
            "carrier: string = flights.carrier
            s: float64? <- flights.distance if flights.late",
        ),
        (
            "select carrier, sum(case when late then 1 else 0 end) as n from flights group by carrier",
            "carrier: string = flights.carrier
            n: int64 <- flights.late",
        ),
        (
            "select carrier, stddev(distance) as s, stddev_pop(distance) as p, corr(distance, id) as c from flights group by carrier",
            "carrier: string = flights.carrier
            s: float64? <- flights.distance
            p: float64 <- flights.distance
            c: float64? <- flights.distance, flights.id",
        ),
        (
            "select date_trunc('day', at) as d, count(distinct carrier) as n from flights group by date_trunc('day', at)",
            "d: timestamp <- flights.at
            n: int64 <- flights.carrier",
        ),
        (
            "select carrier, origin, count(*) as n, sum(id) as s from flights group by rollup (carrier, origin)",
            "carrier: string? = flights.carrier
            origin: enum { EWR, JFK, LGA }? = flights.origin
            n: int64
            s: int64? <- flights.id",
        ),
        (
            "select carrier, origin, sum(id) as s from flights group by grouping sets ((carrier), (origin))",
            "carrier: string? = flights.carrier
            origin: enum { EWR, JFK, LGA }? = flights.origin
            s: int64 <- flights.id",
        ),
        (
            "select carrier, first_value(delay order by at) as d, array_agg(tail) as t from flights group by carrier",
            "carrier: string = flights.carrier
            d: float64? <- flights.delay if flights.at
            t: list<string?> <- flights.tail",
        ),
        (
            "select carrier, bool_or(late) as l, median(distance) as m from flights group by 1",
            "carrier: string = flights.carrier
            l: bool <- flights.late
            m: float64 <- flights.distance",
        ),
        ("select carrier from flights group by carrier having count(*) > 10", "carrier: string = flights.carrier"),
        ("select sum(distance) / count(*) as mean from flights group by carrier", "mean: float64 <- flights.distance"),
    ]);
}

#[test]
fn windows() {
    all(&[
        (
            "select id, row_number() over (partition by carrier order by at) as n from flights",
            "id: int64 = flights.id
            n: uint64 <- flights.at if flights.at, flights.carrier",
        ),
        (
            "select rank() over (order by delay) as r, ntile(4) over (order by id) as q from flights",
            "r: uint64 <- flights.delay if flights.delay
            q: uint64 <- flights.id if flights.id",
        ),
        (
            "select lag(distance) over (partition by tail order by at) as d from flights",
            "d: float64? <- flights.distance if flights.at, flights.tail",
        ),
        (
            "select lag(distance, 1, 0.0) over (order by at) as d, lead(origin) over (order by at) as o from flights",
            "d: float64 <- flights.distance if flights.at
            o: enum { EWR, JFK, LGA }? <- flights.origin if flights.at",
        ),
        (
            "select sum(distance) over (order by at) as s, avg(delay) over (order by at) as a from flights",
            "s: float64 <- flights.distance if flights.at
            a: float64? <- flights.delay if flights.at",
        ),
        (
            "select sum(distance) over (order by at rows between 3 preceding and 1 preceding) as s from flights",
            "s: float64? <- flights.distance if flights.at",
        ),
        (
            "select count(*) over (order by at rows between 3 preceding and 1 preceding) as n from flights",
            "n: int64 if flights.at",
        ),
        (
            "select first_value(carrier) over (partition by tail order by at) as f, nth_value(carrier, 2) over (order by at) as g from flights",
            "f: string <- flights.carrier if flights.at, flights.tail
            g: string? <- flights.carrier if flights.at",
        ),
        (
            "select avg(distance) over (order by at range between interval '1 day' preceding and interval '1 hour' preceding) as a from flights",
            "a: float64? <- flights.distance if flights.at",
        ),
        (
            "select id from (select id, row_number() over (partition by tail order by at) as n from flights) where n = 1",
            "id: int64 = flights.id",
        ),
        (
            "select id from flights qualify row_number() over (partition by tail order by at) = 1",
            "id: int64 = flights.id",
        ),
        (
            "select distinct on (tail) tail, id from flights order by tail, at",
            "tail: string? = flights.tail if flights.at, flights.tail
            id: int64 = flights.id if flights.at, flights.tail",
        ),
    ]);
}

#[test]
fn lists_and_structs() {
    all(&[
        (
            "select id, unnest(tags) as tag from flights",
            "id: int64 = flights.id
            tag: string? <- flights.tags",
        ),
        (
            "select tags[1] as first, cardinality(tags) as n, array_to_string(tags, ',') as t from flights",
            "first: string? <- flights.tags
            n: uint64 <- flights.tags
            t: string <- flights.tags",
        ),
        (
            "select struct(id, delay) as s, make_array(id, 2) as l from flights",
            "s: struct { c0: int64?, c1: float64? } <- flights.delay, flights.id
            l: list<int64?> <- flights.id",
        ),
    ]);
}
