"""Steps that change organizations: their trees, their accounts, and what is attached to them."""

import json
from typing import Any

from iamlab.errors import (
    EntityAlreadyExists,
)
from iamlab.errors.organizations import (
    AccountAlreadyRegisteredException,
    AccountNotFoundException,
    AccountNotRegisteredException,
    AlreadyInOrganizationException,
    ConstraintViolationException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    DuplicateHandshakeException,
    DuplicateOrganizationalUnitException,
    DuplicatePolicyAttachmentException,
    DuplicatePolicyException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
    MasterCannotLeaveOrganizationException,
    OrganizationalUnitNotEmptyException,
    OrganizationNotEmptyException,
    ParentNotFoundException,
    PolicyInUseException,
    PolicyNotAttachedException,
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from iamlab.errors.services import MalformedPolicyDocumentException
from iamlab.model.organization.organization import Organization
from tests.model.world_contents import snapshot
from tests.state_machine.plain_world import (
    ALWAYS,
    POLICY_ROOM,
    Node,
    written,
)
from tests.state_machine.policy_documents import (
    CEILINGS,
    RCP,
    RCPS,
    SCPS,
)
from tests.state_machine.steps import BOTH, Fault
from tests.state_machine.world_differences import state_of
from tests.state_machine.world_steps import (
    DEV,
    LAB,
    LATER,
    MAIN,
    NOWHERE,
    NUMBERS,
    OUT,
    OWN_TYPES,
    QUOTAS,
    RIVAL,
    SERVICES_OF_AWS,
    START,
    TAGS,
    WorldSteps,
    as_list,
    changed,
    pick,
    step,
)


class OrganizationSteps(WorldSteps):
    """What the management account does, and what its accounts do."""

    # -- organizations ------------------------------------------------------------------------

    @step(account=(MAIN, MAIN, RIVAL, OUT, DEV), every=(True, True, True, False))
    def create_organization(self, account: str, *, every: bool) -> None:
        """Make an organization."""
        if account not in self.model.accounts:
            return
        inside = (self.model.organization_of(account) is not None, AlreadyInOrganizationException)
        features = "ALL" if every else "CONSOLIDATED_BILLING"
        done = self.as_member(
            account,
            "CreateOrganization",
            lambda: self.world.create_organization(account, feature_set=features),
            inside,
            FeatureSet=features,
        )
        if done:
            made = self.account(account).organization
            assert made is not None
            made.quotas.update(QUOTAS)
            self.model.add_organization(made.id, made.root.id, account, every=every)

    @step(which=BOTH)
    def delete_organization(self, which: int) -> None:
        """Delete an organization."""
        key, item = self.some_organization(which)
        if not key:
            return
        full = (len(item["joined"]) > 1, OrganizationNotEmptyException)
        if self.organize(key, "DeleteOrganization", {}, lambda made: made.delete(), full):
            del self.model.organizations[key]

    @step(which=BOTH, number=NUMBERS, name=("Prod", "Test", "Web"))
    def create_unit(self, which: int, number: int, name: str) -> None:
        """Make an OU."""
        key, item = self.some_organization(which)
        if not key:
            return
        parent = self.node(item, number, leaves=False)
        faults = (
            (parent == NOWHERE, ParentNotFoundException),
            (name in self.names_below(item, parent), DuplicateOrganizationalUnitException),
            (len(item["names"]) >= QUOTAS["OrganizationalUnits"], ConstraintViolationException),
        )
        done = self.organize(
            key,
            "CreateOrganizationalUnit",
            {"ParentId": parent, "Name": name},
            lambda made: made.create_organizational_unit(name, parent=parent),
            *faults,
        )
        if done:
            unit = self.made("OrganizationalUnit")
            self.model.add_node(key, unit, parent)
            item["names"][unit] = name

    @staticmethod
    def names_below(item: dict[str, Any], parent: Node, but: Node = "") -> set[str]:
        """Return the names of the OUs right below something."""
        names = item["names"]
        return {names[key] for key in names if item["parents"][key] == parent and key != but}

    @step(which=BOTH, number=NUMBERS, name=("Prod", "Test", "Web"))
    def rename_unit(self, which: int, number: int, name: str) -> None:
        """Rename an OU."""
        key, item = self.some_organization(which)
        if not key or not item["names"]:
            return
        unit = pick(item["names"], number)
        taken = self.names_below(item, item["parents"][unit], unit)
        done = self.organize(
            key,
            "UpdateOrganizationalUnit",
            {"OrganizationalUnitId": unit, "Name": name},
            lambda made: made.organizational_units[unit].update(name=name),
            (name in taken, DuplicateOrganizationalUnitException),
        )
        if done:
            item["names"][unit] = name

    @step(which=BOTH, number=NUMBERS)
    def delete_unit(self, which: int, number: int) -> None:
        """Delete an OU."""
        key, item = self.some_organization(which)
        if not key or not item["names"]:
            return
        unit = pick(item["names"], number)
        full = (unit in item["parents"].values(), OrganizationalUnitNotEmptyException)
        to = {"OrganizationalUnitId": unit}
        if self.organize(
            key,
            "DeleteOrganizationalUnit",
            to,
            lambda made: made.organizational_units[unit].delete(),
            full,
        ):
            self.model.drop_node(key, unit)

    # -- accounts of organizations ------------------------------------------------------------

    def is_full(self, item: dict[str, Any]) -> bool:
        """Return whether no further account has room; an open invitation is one."""
        states = [state_of(each, self.model.hours) for each in item["invited"].values()]
        return len(item["joined"]) + states.count("OPEN") >= QUOTAS["Accounts"]

    @step(which=BOTH, account=(*LATER, *LATER, OUT), number=NUMBERS)
    def create_account(self, which: int, account: str, number: int) -> None:
        """Make an account in an organization; the method moves it at once."""
        key, item = self.some_organization(which)
        if not key:
            return
        parent = self.node(item, number, leaves=False) if self.by_method else item["root"]
        faults = (
            (parent == NOWHERE, ParentNotFoundException),
            (self.is_full(item), ConstraintViolationException),
            (account in self.model.accounts, EntityAlreadyExists),
        )
        name = f"account-{account[0]}"
        to = {
            "AccountName": name,
            "Email": f"no-{next(self.turn)}@example.com",
            "AccountId": account,
        }
        if not self.organize(
            key,
            "CreateAccount",
            to,
            lambda made: made.create_account(name, parent=parent, account_id=account),
            *faults,
        ):
            return
        self.model.add_account(account)
        self.model.join(key, account, "CREATED")
        item["parents"][account] = parent
        role = self.account(account).roles["OrganizationAccountAccessRole"]
        trusted = {"AWS": f"arn:aws:iam::{item['management']}:root"}
        self.model.accounts[account]["Role"][role.name] = {
            "id": role.unique_id,
            "path": "/",
            "inline": {"arn:aws:iam::aws:policy/AdministratorAccess": "all"},
            "tags": {},
            "seconds": 3600,
            "trust": written(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
                    ],
                }
            ),
        }

    @step(which=BOTH, account=START)
    def create_account_of_a_taken_address(self, which: int, account: str) -> None:
        """Ask for an account whose address another one has: AWS only notes that it failed."""
        key, item = self.some_organization(which)
        if not key:
            return
        self.by_method, before = False, snapshot(self.world)["accounts"]
        to = {"AccountName": "twin", "Email": self.account(account).root.email.upper()}
        full = (self.is_full(item), ConstraintViolationException)
        if self.organize(key, "CreateAccount", to, str, full):
            status = self.answer["CreateAccountStatus"]
            assert status["FailureReason"] == "EMAIL_ALREADY_EXISTS"
            item["failed"] += 1
        assert snapshot(self.world)["accounts"] == before

    @step(which=BOTH, account=(*START, DEV))
    def invite(self, which: int, account: str) -> None:
        """Invite an account."""
        key, item = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        states = [
            state_of(each, self.model.hours)
            for each in item["invited"].values()
            if each["to"] == account
        ]
        faults = (
            (account in item["joined"], HandshakeConstraintViolationException),
            ("OPEN" in states, DuplicateHandshakeException),
            (self.is_full(item), HandshakeConstraintViolationException),
        )
        to = {"Target": {"Type": "ACCOUNT", "Id": account}}
        if self.organize(
            key,
            "InviteAccountToOrganization",
            to,
            lambda made: made.invite_account(account),
            *faults,
        ):
            item["invited"][self.made("Handshake")] = {
                "to": account,
                "state": "OPEN",
                "since": self.model.hours,
            }

    @step(number=NUMBERS, word=("Accept", "Accept", "Accept", "Decline", "Cancel"))
    def answer_invitation(self, number: int, word: str) -> None:
        """Accept an invitation, decline it, or take it back."""
        every = {
            (key, each): invited
            for key, item in self.model.organizations.items()
            for each, invited in item["invited"].items()
        }
        if not every:
            return
        key, each = pick(every, number)
        invited, wanted = every[key, each], {"Cancel": "CANCELED"}.get(word, f"{word}ed".upper())
        wanted = wanted.replace("EED", "ED")
        state = state_of(invited, self.model.hours)
        main = self.model.organizations[key]["management"]
        faults = [
            (state == wanted, HandshakeAlreadyInStateException),
            (state not in (wanted, "OPEN"), InvalidHandshakeTransitionException),
        ]
        if word == "Accept":
            faults += self.why_not_join(key, invited["to"])
        handshake = self.world.organizations[key].handshakes[each]
        who = main if word == "Cancel" else invited["to"]
        method = getattr(handshake, word.lower())
        if self.as_member(who, f"{word}Handshake", method, *faults, HandshakeId=each):
            invited["state"] = wanted
            if word == "Accept":
                self.leave_what_there_was(invited["to"])
                self.model.join(key, invited["to"], "INVITED")

    def why_not_join(self, key: str, account: str) -> list[Fault]:
        """Return what keeps an account from joining: it may have to leave another one first."""
        before = self.model.organization_of(account)
        if before == key:
            return [(True, HandshakeConstraintViolationException)]
        return [] if before is None else self.why_not_go(before, account)

    def why_not_go(self, key: str, account: str) -> list[Fault]:
        """Return what keeps an account in its organization."""
        item = self.model.organizations[key]
        how, since = item["joined"][account]
        return [
            (account == item["management"], MasterCannotLeaveOrganizationException),
            (account in item["delegates"], ConstraintViolationException),
            (
                how == "CREATED" and self.model.hours < since + 4 * 24,
                ConstraintViolationException,
            ),
        ]

    def leave_what_there_was(self, account: str) -> None:
        """Take an account out of the organization that it is in."""
        key = self.model.organization_of(account)
        if key is not None:
            self.model.drop_node(key, account)

    @step(which=BOTH, account=(MAIN, DEV, DEV, OUT, LAB), number=NUMBERS)
    def move(self, which: int, account: str, number: int) -> None:
        """Move an account."""
        key, item = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        to = self.node(item, number, leaves=False)
        from_where = item["parents"].get(account, item["root"])
        nowhere = ParentNotFoundException if self.by_method else DestinationParentNotFoundException
        faults = (
            (account not in item["joined"], AccountNotFoundException),
            (to == NOWHERE, nowhere),
            (to == from_where, DuplicateAccountException),
        )
        arguments = {"AccountId": account, "SourceParentId": from_where, "DestinationParentId": to}
        if self.organize(
            key, "MoveAccount", arguments, lambda made: made.move_account(account, to), *faults
        ):
            item["parents"][account] = to

    @step(which=BOTH, account=(MAIN, DEV, OUT, LAB, RIVAL))
    def remove_account(self, which: int, account: str) -> None:
        """Take an account out."""
        key, item = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        inside = account in item["joined"]
        faults = self.why_not_go(key, account) if inside else [(True, AccountNotFoundException)]
        if self.organize(
            key,
            "RemoveAccountFromOrganization",
            {"AccountId": account},
            lambda made: made.remove_account(account),
            *faults,
        ):
            self.model.drop_node(key, account)

    @step(account=(MAIN, DEV, OUT, RIVAL))
    def leave(self, account: str) -> None:
        """Let an account leave."""
        key = self.model.organization_of(account)
        if key is None:
            return
        faults, item = self.why_not_go(key, account), self.account(account)
        if self.as_member(account, "LeaveOrganization", item.leave_organization, *faults):
            self.model.drop_node(key, account)

    # -- policies of organizations ------------------------------------------------------------

    @step(which=BOTH, kind=OWN_TYPES)
    def enable_type(self, which: int, kind: str) -> None:
        """Enable a type of policies."""
        key, item = self.some_organization(which)
        if not key:
            return
        faults = (
            (not item["all"], PolicyTypeNotAvailableForOrganizationException),
            (kind in item["types"], PolicyTypeAlreadyEnabledException),
        )
        to = {"RootId": item["root"], "PolicyType": kind}
        if self.organize(
            key, "EnablePolicyType", to, lambda made: made.enable_policy_type(kind), *faults
        ):
            item["types"].add(kind)
            for held in item["hangs"].values():
                held.add(ALWAYS[kind])

    @step(which=BOTH, kind=OWN_TYPES)
    def disable_type(self, which: int, kind: str) -> None:
        """Disable a type: all its policies are detached."""
        key, item = self.some_organization(which)
        if not key:
            return
        off = (kind not in item["types"], PolicyTypeNotEnabledException)
        to = {"RootId": item["root"], "PolicyType": kind}
        if self.organize(
            key, "DisablePolicyType", to, lambda made: made.disable_policy_type(kind), off
        ):
            item["types"].remove(kind)
            for node in item["hangs"]:
                item["hangs"][node] -= self.model.hanging(key, node, kind)

    @step(which=BOTH, kind=OWN_TYPES, name=(*SCPS, *RCPS))
    def create_policy(self, which: int, kind: str, name: str) -> None:
        """Make a policy; what an SCP says isn't one for an RCP, and the other way round."""
        key, item = self.some_organization(which)
        if not key:
            return
        own = [each for each in item["policies"].values() if each["type"] == kind]
        text = written((SCPS | RCPS)[name])
        faults = (
            (not item["all"], PolicyTypeNotAvailableForOrganizationException),
            (name in [each["name"] for each in own], DuplicatePolicyException),
            (name not in CEILINGS[kind], MalformedPolicyDocumentException),
            (len(own) - 1 >= QUOTAS[kind], ConstraintViolationException),
        )
        to = {"Name": name, "Content": text, "Description": "", "Type": kind}
        if self.organize(
            key,
            "CreatePolicy",
            to,
            lambda made: made.create_policy(name, json.loads(text), type=kind),
            *faults,
        ):
            new = {"type": kind, "name": name, "text": text, "tags": {}}
            item["policies"][self.made("Policy")] = new

    def some_policy(self, number: int, which: int) -> tuple[str, dict[str, Any], str]:
        """Choose a policy of an organization; AWS's own are among them."""
        key, item = self.some_organization(which)
        if not key or not item["policies"]:
            return "", {}, ""
        return key, item, pick(item["policies"], number)

    @step(which=BOTH, number=NUMBERS, name=(*SCPS, *RCPS))
    def update_policy(self, which: int, number: int, name: str) -> None:
        """Let a policy say something else, wherever it hangs."""
        key, item, policy = self.some_policy(number, which)
        if not key:
            return
        held, text = item["policies"][policy], written((SCPS | RCPS)[name])
        faults = (
            (policy in ALWAYS.values(), InvalidInputException),
            (name not in CEILINGS[held["type"]], MalformedPolicyDocumentException),
        )
        if self.organize(
            key,
            "UpdatePolicy",
            {"PolicyId": policy, "Content": text},
            lambda made: made.update_policy(policy, content=json.loads(text)),
            *faults,
        ):
            held["text"] = text

    @step(which=BOTH, number=NUMBERS)
    def delete_policy(self, which: int, number: int) -> None:
        """Delete a policy that hangs nowhere."""
        key, item, policy = self.some_policy(number, which)
        if not key:
            return
        faults = (
            (policy in ALWAYS.values(), InvalidInputException),
            (any(policy in held for held in item["hangs"].values()), PolicyInUseException),
        )
        if self.organize(
            key,
            "DeletePolicy",
            {"PolicyId": policy},
            lambda made: made.delete_policy(policy),
            *faults,
        ):
            del item["policies"][policy]

    @step(which=BOTH, number=NUMBERS, node=NUMBERS)
    def attach(self, which: int, number: int, node: int) -> None:
        """Attach a policy to something."""
        key, item, policy = self.some_policy(number, which)
        if not key:
            return
        target, kind = self.node(item, node), item["policies"][policy]["type"]
        held = item["hangs"].get(target, set())
        room = (
            POLICY_ROOM[kind]
            if target == NOWHERE
            else (POLICY_ROOM[kind] - len(self.model.hanging(key, target, kind)))
        )
        faults = (
            (target == NOWHERE, TargetNotFoundException),
            (kind not in item["types"], PolicyTypeNotEnabledException),
            (policy in held, DuplicatePolicyAttachmentException),
            (room <= 0, ConstraintViolationException),
        )
        to = {"PolicyId": policy, "TargetId": target}
        if self.organize(
            key, "AttachPolicy", to, lambda made: made.attach_policy(policy, target), *faults
        ):
            held.add(policy)

    @step(which=BOTH, number=NUMBERS, node=NUMBERS)
    def detach(self, which: int, number: int, node: int) -> None:
        """Detach a policy; an SCP is always left, and AWS's own RCP stays."""
        key, item, policy = self.some_policy(number, which)
        if not key:
            return
        target = self.node(item, node)
        held = item["hangs"].get(target, set())
        policy = pick(held, number) if held and which else policy
        kind = item["policies"][policy]["type"]
        alone = target != NOWHERE and self.model.hanging(key, target, kind) == {policy}
        faults = (
            (target == NOWHERE, TargetNotFoundException),
            (policy == ALWAYS[RCP], InvalidInputException),
            (policy not in held, PolicyNotAttachedException),
            (alone, ConstraintViolationException),
        )
        to = {"PolicyId": policy, "TargetId": target}
        if self.organize(
            key, "DetachPolicy", to, lambda made: made.detach_policy(policy, target), *faults
        ):
            held.remove(policy)

    # -- services that work in all accounts, tags of an organization's things -----------------

    @step(which=BOTH, service=SERVICES_OF_AWS, on=(True, True, False))
    def service_access(self, which: int, service: str, *, on: bool) -> None:
        """Let a service work in all accounts, or no longer."""
        key, item = self.some_organization(which)
        if not key:
            return
        delegated = any(service in each for each in item["delegates"].values())
        word, faults = (
            ("Enable", ())
            if on
            else (
                "Disable",
                ((delegated, ConstraintViolationException),),
            )
        )
        if self.organize(
            key,
            f"{word}AWSServiceAccess",
            {"ServicePrincipal": service},
            lambda made: getattr(made, f"{word.lower()}_aws_service_access")(service),
            *faults,
        ):
            item["services"] = (
                (item["services"] | {service}) if on else item["services"] - {service}
            )

    @step(which=BOTH, service=SERVICES_OF_AWS, account=(MAIN, DEV, OUT), on=(True, True, False))
    def delegate(self, which: int, service: str, account: str, *, on: bool) -> None:
        """Let an account administer a service, or no longer."""
        key, item = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        if item["delegates"] and not on:
            account = pick(item["delegates"], which)
            service = pick(item["delegates"][account], which)
        held = item["delegates"].get(account, set())
        foreign = (account not in item["joined"], AccountNotFoundException)
        word, faults = (
            (
                "Register",
                (
                    foreign,
                    (account == item["management"], ConstraintViolationException),
                    (service not in item["services"], ConstraintViolationException),
                    (service in held, AccountAlreadyRegisteredException),
                ),
            )
            if on
            else ("Deregister", (foreign, (service not in held, AccountNotRegisteredException)))
        )
        if self.organize(
            key,
            f"{word}DelegatedAdministrator",
            {"AccountId": account, "ServicePrincipal": service},
            lambda made: getattr(made, f"{word.lower()}_delegated_administrator")(account, service),
            *faults,
        ):
            left = held | {service} if on else held - {service}
            item["delegates"].pop(account, None)
            item["delegates"] |= {account: left} if left else {}

    @step(which=BOTH, node=NUMBERS, tags=TAGS, on=BOTH)
    def tag_node(self, which: int, node: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a root, an OU or an account, or take them away."""
        key, item = self.some_organization(which)
        if not key:
            return
        target = self.node(item, node)
        if target == NOWHERE and self.by_method:
            return
        to: dict[str, Any] = {"ResourceId": target}
        to |= {"Tags": as_list(tags)} if on else {"TagKeys": list(tags)}

        def method(made: Organization) -> None:
            found: Any = made.target(target)
            found.tag(tags) if on else found.untag(list(tags))

        gone = (target == NOWHERE, TargetNotFoundException)
        if self.organize(key, "TagResource" if on else "UntagResource", to, method, gone):
            item["tags"][target] = changed(item["tags"][target], tags, on=on)
