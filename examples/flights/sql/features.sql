-- One row for each flight that arrived. The clock is New York's, as on the ticket: time_hour is UTC.
-- The order is total, so that the same flights always give the same model.
select
  f.time_hour,
  f.carrier,
  f.origin,
  f.dest,
  f.distance,
  date_part('month', f.time_hour at time zone 'America/New_York') as month,
  date_part('hour',  f.time_hour at time zone 'America/New_York') as hour,
  w.temp,
  w.dewp,
  w.humid,
  w.wind_speed,
  w.precip,
  w.pressure,
  w.visib,
  f.arr_delay > 15 as late
from flights f
left join weather w on w.origin = f.origin and w.time_hour = f.time_hour
where f.arr_delay is not null
order by f.time_hour, f.origin, f.carrier, f.flight
