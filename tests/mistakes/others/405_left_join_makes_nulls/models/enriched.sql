select f.id, a.altitude from {{ ref('flights') }} f left join {{ ref('airports') }} a on f.origin = a.code
