"""Which numbers of people and messages may be released, and what stands in their place: the cell key method.

Every participant has a record key. The sum of the record keys of those whom a cell counts is the cell's key; it chooses
a perturbation from a table. So the same people give the same number wherever and whenever they are counted, and a
difference of two numbers says little about who lies between them. Counts below the threshold are not released.

Words are those of the Handbook on Statistical Disclosure Control (https://sdctools.github.io/HandbookSDC/), in its
chapter on frequency tables, and of the method of the Office for National Statistics
(https://github.com/ONSdigital/cell-key-perturbation).
"""
