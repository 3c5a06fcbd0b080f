# Say why now is no time to touch the bell, and fail, unless FLOODBELL_ANYWAY=1. A bell that does not
# run or does not answer cannot be asked, and is no reason to wait.
refuse_while_needed() {
    [ "${FLOODBELL_ANYWAY:-}" != 1 ] || return 0
    [ -x /opt/floodbell/bin/floodbell ] || return 0
    why=$(timeout 20 /opt/floodbell/bin/floodbell status --json 2>/dev/null </dev/null | python3 -c '
import json, sys
try:
    bell = json.load(sys.stdin)
except ValueError:
    sys.exit()
waits = [m for m in bell.get("outbox") or () if "report" in str(m.get("purpose"))]
if bell.get("incident") or bell.get("bell"):
    print("an incident is open|상황이 진행 중입니다")
elif waits:
    print("a report to 119 waits|119 신고가 대기 중입니다")
' 2>/dev/null) || why=
    [ -n "$why" ] || return 0
    cat >&2 <<EOF
floodbell: ${why%|*}. Nothing was changed; the bell goes on with the version it has.
  Wait until it is over ("floodbell status"), or say that it must be now: FLOODBELL_ANYWAY=1
floodbell: ${why#*|}. 아무것도 바꾸지 않았으며, 비상벨은 지금 버전으로 계속 동작합니다.
  끝난 뒤에 다시 하십시오("floodbell status"). 꼭 지금 해야 한다면: FLOODBELL_ANYWAY=1
EOF
    return 1
}
