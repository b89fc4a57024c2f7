WITH c AS (FROM ref__orders |> DROP note)
FROM c
|> SET amount = amount * 2, currency = upper(currency)
|> JOIN source__shop__rates ON c.currency = source__shop__rates.currency
|> DROP drop, `set`
|> AS x |> EXTEND x.amount AS twice |> SELECT * LIMIT 5
-- expect
WITH c AS (FROM ref__orders AS orders |> DROP note)
FROM c
|> SET amount = amount * 2, currency = upper(currency)
|> JOIN source__shop__rates AS rates ON c.currency = rates.currency
|> DROP drop, `set`
|> AS x |> EXTEND x.amount AS twice |> SELECT * LIMIT 5
--
calls upper
