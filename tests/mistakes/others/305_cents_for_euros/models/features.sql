select id, amount from {{ ref('charges') }}
