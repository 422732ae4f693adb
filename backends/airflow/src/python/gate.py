class Gate(BaseSensorOperator, Step):
    """A promotion that people approve: looks again until it is decided."""

    def execute(self, context):
        return BaseSensorOperator.execute(self, context)

    def poke(self, context):
        code, said = self.call(context)
        if code == HELD:
            self.log.info("%s waits for: mlp registry approve", self.node)
            return False
        settle(self, code, said)
        return True
