"""The methods by the names under which they are compared."""

from colorlib.classical.gupta2012 import gupta
from colorlib.classical.huang2005 import propagate_between_edges
from colorlib.classical.levin2004 import propagate
from colorlib.classical.pitie2007 import pitie
from colorlib.classical.reinhard2001 import reinhard
from colorlib.classical.sheng2011 import sheng
from colorlib.classical.tai2005 import tai
from colorlib.classical.welsh2002 import welsh
from colorlib.classical.yatziv2006 import blend

__all__ = ["BY_EXAMPLE", "BY_SCRIBBLES"]

# Every method that colours a grey picture by a reference, called as method(L, reference_lab) -> ab.
BY_EXAMPLE = {
    "Reinhard 2001": reinhard,
    "Welsh 2002": welsh,
    "Tai 2005": tai,
    "Pitie 2007": pitie,
    "Sheng 2011": sheng,
    "Gupta 2012": gupta,
}
# Every method that colours a grey picture by marked pixels: method(L, marked, values) -> ab.
BY_SCRIBBLES = {
    "Levin 2004": propagate,
    "Huang 2005": propagate_between_edges,
    "Yatziv 2006": blend,
}
