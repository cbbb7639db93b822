"""The pre-screen: a closed, three-valued rule language over the answers of one questionnaire. Pure.

`facts` is what it reads, `expressions` the language, `model` rules and results, `evaluation` runs them,
`checking` compares a rule set with its questionnaire, `explanation` puts it into words a clinician can
sign.
"""
