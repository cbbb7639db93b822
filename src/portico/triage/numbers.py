"""Temperatures, pain scores, sugar and hours, in any notation. Pure.

A number alone means nothing: the words around it say what it counts. 38.0 C and 100.4 F are fever, 7 of 10 is
severe (clinical.md section 5); what is written in words (`one oh two`, `treinta y ocho y medio`) counts the same.
"""
