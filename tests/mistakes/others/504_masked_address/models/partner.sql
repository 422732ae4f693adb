select concat(substr(email, 1, 4), '***') as who, spend from {{ ref('customers') }}
