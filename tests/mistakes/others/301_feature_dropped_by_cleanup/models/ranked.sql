select user_id, visits * basket as rank from {{ ref('features') }}
