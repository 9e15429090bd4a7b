"""The use cases of the phones in registrations: codes are sent, and phones are confirmed, blocked and freed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.model.registrations.budgets import FanLimits
from domain.model.registrations.confirmation import ConfirmationRules
from domain.model.registrations.phones import SendLimits
from domain.usecases.registrations.confirm_phone import Confirmed, ConfirmPhone, ConfirmPhoneCommand
from domain.usecases.registrations.free_phone import FreePhone
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlock
from domain.usecases.registrations.resend_code import ResendCode
from domain.usecases.registrations.send_code import SendCode
from domain.usecases.registrations.use_number import UseNumber
from entrypoints.application.needs import Neighbours
from entrypoints.config.settings import Settings
from ports.phones import ConfirmationTokens
from ports.stores import Stores
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    use_number: UseNumber
    send_code: SendCode
    confirm: Callable[[ConfirmPhoneCommand], Awaitable[Confirmed]]
    resend_code: ResendCode
    lift_block: LiftPhoneBlock
    free: FreePhone
    tokens: ConfirmationTokens


def build_phones(
    settings: Settings, stores: Stores, neighbours: Neighbours, clock: Clock, confirmation_key: bytes
) -> Phones:
    campaigns, phone_numbers = neighbours.campaigns, neighbours.phone_numbers
    rules = ConfirmationRules(
        key=confirmation_key, ttl=settings.confirmation_ttl, phone_block_ttl=settings.phone_block_ttl
    )
    use_number = _use_number(settings, stores, neighbours, clock, rules)
    send_code = _send_code(settings, stores, neighbours, clock, rules)
    return Phones(
        use_number=use_number,
        send_code=send_code,
        confirm=ConfirmPhone(
            campaigns=campaigns,
            entries=stores.entries,
            phone_book=stores.phone_book,
            budgets=stores.budgets,
            tokens=neighbours.tokens,
            clock=clock,
            send_code=send_code,
        ),
        resend_code=ResendCode(
            campaigns=campaigns, entries=stores.entries, clock=clock, use_number=use_number, send_code=send_code
        ),
        lift_block=LiftPhoneBlock(campaigns=campaigns, phone_numbers=phone_numbers, phone_book=stores.phone_book),
        free=FreePhone(campaigns=campaigns, phone_numbers=phone_numbers, entries=stores.entries, clock=clock),
        tokens=neighbours.tokens,
    )


def _use_number(
    settings: Settings, stores: Stores, neighbours: Neighbours, clock: Clock, rules: ConfirmationRules
) -> UseNumber:
    return UseNumber(
        entries=stores.entries,
        phone_numbers=neighbours.phone_numbers,
        phone_book=stores.phone_book,
        budgets=stores.budgets,
        clock=clock,
        rules=rules,
        limits=_fan_limits(settings),
    )


def _send_code(
    settings: Settings, stores: Stores, neighbours: Neighbours, clock: Clock, rules: ConfirmationRules
) -> SendCode:
    return SendCode(
        entries=stores.entries,
        phone_book=stores.phone_book,
        budgets=stores.budgets,
        sms=neighbours.sms,
        clock=clock,
        rules=rules,
        limits=SendLimits(per_hour=settings.sms_per_hour, per_day=settings.sms_per_day),
        fan_limits=_fan_limits(settings),
    )


def _fan_limits(settings: Settings) -> FanLimits:
    return FanLimits(numbers_per_day=settings.numbers_per_day, codes_per_day=settings.sms_per_fan)
