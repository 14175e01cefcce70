"""The handlers, asked as the sidecar would ask them."""

from django.contrib.auth.models import Permission
from orders.models import BOARD, KITCHEN
from realtime_sidecar.testing import HandlerClient, Refused

from . import OrdersTestCase


class WhoIsLetIn(OrdersTestCase):
    """The connect hooks."""

    def test_cooks_enter_the_kitchen_and_its_board(self):
        with HandlerClient(KITCHEN, user=self.grace) as client:
            self.assertEqual(client.rooms, [BOARD])
            self.assertEqual(client.data, {"name": "Grace"})

    def test_customers_do_not(self):
        with self.assertRaisesMessage(Refused, "for the kitchen only"):
            HandlerClient(KITCHEN, user=self.ada).connect()

    def test_customers_follow_orders_only_by_their_pages_tokens(self):
        with HandlerClient(user=self.ada) as client:
            self.assertEqual(client.rooms, [])

    def test_nobody_else_is_let_in(self):
        with self.assertRaisesMessage(Refused, "sign in first"):
            HandlerClient().connect()


class TheBoard(OrdersTestCase):
    """The events of the kitchen."""

    def setUp(self):
        super().setUp()
        self.grace_client = HandlerClient(KITCHEN, user=self.grace).connect()
        self.alan_client = HandlerClient(KITCHEN, user=self.alan).connect()

    def test_looking_gives_the_orders_and_has_the_others_see_who_looks(self):
        with self.captureOnCommitCallbacks(execute=True):
            (order,) = self.grace_client.emit("look")
        self.assertEqual((order["number"], order["total"]), (1001, "9.50"))
        self.assertEmitted("watchers", to=BOARD, namespace=KITCHEN)

    def test_who_claims_first_has_it_and_everybody_hears_of_it(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(self.grace_client.emit("claim", 1001), {"cook": "Grace"})
        (told,) = self.assertEmitted("order.updated", to=BOARD, namespace=KITCHEN, count=1)
        self.assertEqual(told.args[0]["cook"], "Grace")

        self.outbox.clear()
        self.assertEqual(self.alan_client.emit("claim", 1001), {"error": "Grace was faster."})
        self.assertNotEmitted("order.updated")

    def test_claiming_again_or_what_is_gone_does_no_harm(self):
        self.grace_client.emit("claim", 1001)
        self.assertEqual(self.grace_client.emit("claim", 1001), {"cook": "Grace"})
        self.assertEqual(self.grace_client.emit("claim", 9), {"error": "That order is gone."})

    def test_one_who_may_look_may_not_claim(self):
        self.tony.user_permissions.add(Permission.objects.get(codename="view_order"))
        with HandlerClient(KITCHEN, user=self.tony) as client:
            self.assertEqual(client.emit("claim", 1001), {"error": "You may only look."})
        self.order.refresh_from_db()
        self.assertIsNone(self.order.cook)

    def test_the_others_see_when_somebody_leaves(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.alan_client.disconnect()
        self.assertEmitted("watchers", to=BOARD, namespace=KITCHEN)

    def test_the_audit_notes_who_watches(self):
        with self.assertLogs("orders.audit", "INFO") as logged:
            HandlerClient(KITCHEN, user=self.grace).connect().disconnect()
        self.assertIn(f"user {self.grace.pk} watches the board", logged.output[0])
        self.assertIn(f"user {self.grace.pk} has left the board", logged.output[1])
