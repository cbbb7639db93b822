"""What signing in needs besides the site: the hasher with its bound, the e-mail index, and the limits on tries."""

from dataclasses import dataclass

from portico.accounts.email_index import EmailIndex
from portico.accounts.passwords import Passwords
from portico.platform.rate_limit import Limit, Try, address_prefix
from portico.platform.site import Site


@dataclass(frozen=True)
class Limits:
    """How many failures are allowed. Successes are taken back, so they never add up."""

    account_at_address: Limit
    account: Limit
    address: Limit
    code: Limit
    letter_to_address: Limit
    letter_from_address: Limit
    guess: Limit


LIMITS = Limits(
    # Ten mistypings are plenty for a person; with them, guessing a 12-letter password takes longer than a life.
    account_at_address=Limit(10, 15 * 60),
    # From many addresses at once: slows a botnet, and is wide enough that it takes one to keep the owner waiting.
    account=Limit(100, 60 * 60),
    # A clinic's waiting room shares one address; a list of leaked passwords is far longer than this.
    address=Limit(100, 15 * 60),
    # Three codes of a million are right at any moment; ten tries leave a chance of 1 in 33,000 per quarter of an hour.
    code=Limit(10, 15 * 60),
    # Letters with a code that a stranger may cause: enough for somebody whose mail is slow, too few to fill a mailbox.
    letter_to_address=Limit(5, 60 * 60),
    # As many as a clinic's waiting room needs in an hour.
    letter_from_address=Limit(60, 60 * 60),
    # Codes have 256 bits; this only keeps a guesser from using up the machine.
    guess=Limit(60, 15 * 60),
)
DEMO_LIMITS = Limits(
    # On, like everywhere, but wide enough for a check that tries every refusal a hundred times from one machine.
    account_at_address=Limit(150, 5 * 60),
    account=Limit(300, 5 * 60),
    address=Limit(600, 5 * 60),
    code=Limit(100, 5 * 60),
    letter_to_address=Limit(100, 5 * 60),
    letter_from_address=Limit(600, 5 * 60),
    guess=Limit(600, 5 * 60),
)


@dataclass(frozen=True)
class Door:
    """One per running program."""

    site: Site
    passwords: Passwords
    index: EmailIndex
    limits: Limits

    @classmethod
    async def of(cls, site: Site) -> "Door":
        """The door of this site."""
        limits = DEMO_LIMITS if site.settings.demo else LIMITS
        return cls(site, Passwords(), await EmailIndex.of(site.vault), limits)

    def password_tries(self, digest: bytes, peer: str | None) -> tuple[Try, ...]:
        """What one password counts under; addresses only as digests."""
        account, network = digest.hex(), address_prefix(peer)
        return (
            Try(f"password:{account}@{network}", self.limits.account_at_address),
            Try(f"password:{account}", self.limits.account),
            Try(f"password@{network}", self.limits.address),
        )

    def code_tries(self, account: str) -> tuple[Try, ...]:
        """What one code counts under: the account alone, for whoever sends one knows the password."""
        return (Try(f"code:{account}", self.limits.code),)

    def letter_tries(self, digest: bytes, peer: str | None) -> tuple[Try, ...]:
        """What one letter that a stranger asks for counts under, whether or not the address is known."""
        return (
            Try(f"letter:{digest.hex()}", self.limits.letter_to_address),
            Try(f"letter@{address_prefix(peer)}", self.limits.letter_from_address),
        )

    def guess_tries(self, peer: str | None) -> tuple[Try, ...]:
        """What one code of a letter counts under: the network alone, for a wrong one names no account."""
        return (Try(f"guess@{address_prefix(peer)}", self.limits.guess),)
