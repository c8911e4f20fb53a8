"""The payment page's addresses on a creditor's own pay host."""

from payments.page_urls import pages
from payments.views.links import of_this_host

urlpatterns = pages("", of_this_host)
