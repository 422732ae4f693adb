select id, total from {{ ref('orders') }} where total > 100
