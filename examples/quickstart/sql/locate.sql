select faa, name, lat, lon, tzone, alt * 0.3048 as elevation
from airports
where tzone is not null
