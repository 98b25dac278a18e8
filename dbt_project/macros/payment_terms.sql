{#- Payment terms as people write them, read by whole patterns (domain_rules 3.6.4): what fits none stays unread. -#}

{#- A text of terms in capitals, with one spelling for each of the phrases that the patterns know. -#}
{% macro term_text(expression) -%}
    {%- set steps = [
        ('[^A-Z0-9.%/+]', ' '), ('[.]( |$)', ' '), (' +', ' '),
        ('PER ?CENT|PCT', '%'),
        ('(AFTER |FROM )?(THE )?END OF (THE )?(INVOICE )?MONTH|E[. ]O[. ]M', 'EOM'),
        ('(AFTER |FROM |ON |UPON )?(THE )?(RECEIPT OF (THE )?GOODS|GOODS RECEIPT|R[. ]O[. ]G)', 'ROG'),
        ('(OF |IN )?(THE )?(FOLLOWING|NEXT) MONTH|PROXIMO', 'PROX'),
        ('(DUE |PAYABLE )?((UP)?ON RECEIPT( OF (THE )?INVOICE)?|IMMEDIATE(LY)?)( DUE| PAYABLE| NET)?', 'ATONCE'),
        ('CASH ON DELIVERY|C[. ]O[. ]D', 'COD'),
        ('(AFTER|FROM) (THE )?(DATE OF )?(THE )?INVOICE( DATE)?', ''),
        ('^ *(DUE )?|^ +| +$', ''), (' +', ' '),
    ] -%}
    {%- set text = namespace(sql='upper(' ~ expression ~ ')') -%}
    {%- for pattern, replacement in steps -%}
        {%- set text.sql = replace_pattern(text.sql, pattern, replacement) -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}

{#- One number of the terms in a text of `term_text`, as text; empty where no pattern fits or the pattern has no such number.
    `part` is discount_share (percent), discount_days, net_days, proximo_day or basis (ROG, EOM, ATONCE, COD). -#}
{% macro term_part(text, part) -%}
    {%- set numbers = {
        'discount_share': '[0-9]{1,2}(?:[.][0-9]{1,3})?', 'discount_days': '[0-9]{1,3}', 'net_days': '[0-9]{1,3}',
        'proximo_day': '[0-9]{1,2}', 'basis': 'ROG|EOM|ATONCE|COD',
    } -%}
    {%- set one = {} -%}
    {%- for name, pattern in numbers.items() -%}
        {%- do one.update({name: '(' ~ ('' if name == part else '?:') ~ pattern ~ ')'}) -%}
    {%- endfor -%}
    {%- set discount = '(?:' ~ one.discount_share ~ '(?: ?% ?/? ?| ?/ ?|N| )' ~ one.discount_days ~ '(?: ?DAYS?)? ?)?' -%}
    {%- set group = '(' ~ ('' if part == 'basis' else '?:') -%}
    {%- set after = '(?: ?' ~ group ~ 'ROG|EOM))' -%}
    {%- set days = one.net_days ~ '(?: ?DAYS?)?' -%}
    {%- set forms = [
        discount ~ 'N(?:E?T)? ?/? ?' ~ days ~ after ~ '?',
        discount ~ one.net_days ~ ' ?(?:DAYS?(?: NET)?|NET)' ~ after ~ '?',
        '(?:NET )?' ~ one.basis,
        one.net_days ~ after,
        group ~ 'EOM) ?[+]? ?' ~ days,
        '(?:NET )?' ~ one.proximo_day ~ '(?:ST|ND|RD|TH)? ?PROX',
        'PROX ?' ~ one.proximo_day ~ '(?:ST|ND|RD|TH)?',
    ] -%}
    coalesce(
        {%- for form in forms if one[part] in form or part == 'basis' and group in form %}
        nullif({{ extracted(text, '^' ~ form ~ '$') }}, ''){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Terms in one spelling, such as 2/10 NET 30, NET 10 EOM or PROX 15, from the columns that say what they mean. -#}
{% macro term_words() -%}
    case
        when discount_share > 0
            then rtrim(rtrim(cast(cast(discount_share * 100 as decimal(18, 3)) as string), '0'), '.')
                || '/' || cast(cast(discount_days as bigint) as string) || ' '
        else ''
    end
    || case
        when proximo_day is not null then 'PROX ' || cast(cast(proximo_day as bigint) as string)
        else 'NET ' || cast(cast(net_days as bigint) as string)
    end
    || case
        when proximo_day is not null or basis = 'INVOICE_DATE' then ''
        when basis = 'EOM' then ' EOM'
        else ' FROM RECEIPT'
    end
{%- endmacro %}
