select id as user_id, visits from {{ ref('users') }}
