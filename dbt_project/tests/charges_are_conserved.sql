-- The shares of a charge add up to the charge, to the cent (domain_rules 3.4.6).
select
    charge_key,
    max(charge_amount) as charge_amount,
    sum(allocated_amount) as allocated_amount
from {{ ref('bridge_charge_x_invoice_line') }}
group by charge_key
having sum(allocated_amount) <> max(charge_amount)
