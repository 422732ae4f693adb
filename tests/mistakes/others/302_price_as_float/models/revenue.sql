select id, price from {{ ref('sales') }}
