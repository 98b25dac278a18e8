{#- How a PO line is matched (domain_rules 3.4.1). What the source says wins; otherwise its type and flags decide. -#}
{% macro match_category(line, header) -%}
    case
        when {{ line }}.match_category is not null then {{ line }}.match_category
        when {{ header }}.po_type in ('BLANKET', 'BILL_ONLY', 'BILL_AND_REPLACE', 'CONSIGNMENT') then {{ header }}.po_type
        when not coalesce({{ line }}.is_receipt_required, {{ header }}.po_type is distinct from 'SERVICE') then '2WAY'
        when coalesce({{ line }}.is_inspection_required, false) then '4WAY'
        when coalesce({{ line }}.is_receipt_based_invoice, false) then '3WAY_GR_FIRST'
        else '3WAY_INV_FIRST'
    end
{%- endmacro %}

{#- Whether the goods are received before or after the bill is matched (domain_rules 3.4.1). -#}
{% macro needs_receipt(category) -%}
    ({{ category }} in ('3WAY_GR_FIRST', '3WAY_INV_FIRST', '4WAY'))
{%- endmacro %}

{#- Whether use in a case is the evidence, not a receipt (domain_rules 3.5). -#}
{% macro is_usage_based(category) -%}
    ({{ category }} in ('BILL_ONLY', 'BILL_AND_REPLACE', 'CONSIGNMENT'))
{%- endmacro %}
