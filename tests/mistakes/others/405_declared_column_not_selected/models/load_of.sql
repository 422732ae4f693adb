select ward, count(*) as stays from {{ ref('stays') }} group by ward
